"""The shipped definitions say what they should, and loading notices when they do not."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from evaluations.suites.loader import INDEX, BadSuite, digest_of_task, load_suites, task_files
from evaluations.suites.presets import preset_of
from tests.toys import HARNESS_PYTHON


def test_every_board_is_made_of_benchmarks_somebody_can_measure() -> None:
    suites = load_suites()
    assert {board.slug for board in suites.boards} == {
        "tributary-demo",
        "tributary-chat",
        "r1-reasoning",
        "openseek",
    }
    for board in suites.boards:
        for entry in board.entries:
            needs = suites.benchmark(entry.benchmark).needs
            assert ("gpu" in needs) == (board.requires == "gpu")


def test_openseek_has_its_fourteen_tasks_and_its_own_mmlu() -> None:
    suites = load_suites()
    (board,) = (board for board in suites.boards if board.slug == "openseek")
    tasks = {suites.benchmark(entry.benchmark).task for entry in board.entries}
    assert len(tasks) == 14
    assert suites.benchmark("mmlu-openseek").aggregate == "mean_of_groups"
    assert suites.benchmark("gsm8k").filter == "strict-match"


def test_sample_counts_of_the_demo_are_those_of_its_data() -> None:
    for benchmark in load_suites().benchmarks:
        if benchmark.needs or benchmark.file is None:
            continue
        data = next(path for path in task_files(benchmark.file) if "test.jsonl" in path.name)
        assert len(data.read_text().splitlines()) == benchmark.samples


def test_code_that_models_write_is_declared_and_never_run() -> None:
    assert not load_suites().benchmark("livecodebench").runnable


def test_a_digest_covers_data_and_code_and_not_the_place(tmp_path: Path) -> None:
    def write(folder: Path, answer: str) -> str:
        folder.mkdir()
        (folder / "a.yaml").write_text(
            "task: a\ndataset_kwargs:\n  data_files:\n    test: a.jsonl\n"
            "process_results: !function score.one\n"
        )
        (folder / "a.jsonl").write_text(answer)
        (folder / "score.py").write_text("")
        (folder / "unrelated.txt").write_text(str(folder))
        return digest_of_task(task_files(folder / "a.yaml"))

    assert write(tmp_path / "1", "x") == write(tmp_path / "2", "x")
    assert write(tmp_path / "3", "y") != write(tmp_path / "4", "x")


@pytest.mark.parametrize(
    ("find", "replace", "says"),
    [
        ('slug = "tributary-prose"', 'slug = "tributary-capitals"', "used twice"),
        ('benchmark = "gsm8k"', 'benchmark = "gsm9k"', "no benchmark"),
        ('benchmark = "aime-2024"', 'benchmark = "livecodebench"', "nobody can measure"),
        ("chance = 0.25", "chnace = 0.25", "unknown keys chnace"),
        ('preset = "r1"', 'preset = "r2"', "nobody declared: r2"),
        ('"gated"', '"luck"', "nobody knows: luck"),
        ("upper = 1.0", "upper = -1.0", "not below"),
        ('requires = "cpu"', 'requires = "quantum"', "cpu or gpu"),
    ],
)
def test_an_index_that_contradicts_itself_is_refused(
    tmp_path: Path, find: str, replace: str, says: str
) -> None:
    text = INDEX.read_text()
    assert find in text
    for folder in ("demo", "inspect", "r1"):
        (tmp_path / folder).symlink_to(INDEX.parent / folder)
    (tmp_path / "suites.toml").write_text(text.replace(find, replace))
    with pytest.raises(BadSuite, match=says):
        load_suites(tmp_path / "suites.toml")


def test_a_preset_fills_what_a_benchmark_leaves_out_and_is_known_by_its_settings() -> None:
    suites = load_suites()
    maths, aime = suites.benchmark("math-500"), suites.benchmark("aime-2024")
    assert (maths.repeats, aime.repeats) == (4, 64)
    for one in (maths, aime, suites.benchmark("gpqa-diamond")):
        assert one.chat
        assert one.system_prompt == ""
        assert one.gen_args == {
            "do_sample": True, "temperature": 0.6, "top_p": 0.95, "max_gen_toks": 32768,
        }  # fmt: skip
        followed = preset_of(
            chat=one.chat, system_prompt=one.system_prompt, gen_args=dict(one.gen_args)
        )
        assert followed is not None
        assert followed.name == one.preset == "r1"
        assert preset_of(chat=True, system_prompt="Be brief.", gen_args=one.gen_args) is None
    greedy = suites.benchmark("tributary-arithmetic")
    assert preset_of(chat=greedy.chat, system_prompt="", gen_args=greedy.gen_args) is None


SCORES = r"""
import json, sys
from pathlib import Path
from lm_eval.tasks._yaml_loader import load_yaml
folder = Path(sys.argv[1])
tasks = {path.stem: load_yaml(path) for path in folder.glob("*.yaml")}
maths, letters = tasks["r1_aime24"]["process_results"], tasks["r1_gpqa_diamond"]["process_results"]
answers = ["<think>1</think> \\boxed{\\frac{1}{2}}", "so \\boxed{0.5}", "\\boxed{2}", "no idea"]
class Rows(list):
    def map(self, change): return [change(row) for row in self]
item = {"Question": "Which?", "Correct Answer": "right"}
item |= {f"Incorrect Answer {n}": f"wrong {n}" for n in (1, 2, 3)}
frozen = tasks["r1_gpqa_diamond"]["process_docs"](Rows([item, item]))
print(json.dumps({
    "maths": maths({"answer": "\\frac{1}{2}"}, [answers]),
    "letters": letters({"letter": "C"}, [["\\boxed{C}", "\\boxed{\\text{C}}", "\\boxed{B}", "C"]]),
    "frozen": frozen,
    "settings": [[task["repeats"], task["filter_list"][0]["filter"][0]["k"],
                  task["generation_kwargs"]] for task in tasks.values()],
}))
"""


def test_the_r1_tasks_load_and_score_sampled_answers(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(HARNESS_PYTHON), "-P", "-B", "-c", SCORES, str(INDEX.parent / "r1")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    found = json.loads(done.stdout)
    expected = {"pass_at_1": 0.5, "cons_at_k": 1.0, "pass_at_4": 1.0, "no_answer": 0.25}
    assert found["maths"] == expected
    assert found["letters"] == expected
    assert found["frozen"][0] == found["frozen"][1]
    assert found["frozen"][0][f"option_{found['frozen'][0]['letter']}"] == "right"
    for repeats, k, settings in found["settings"]:
        assert repeats == k
        assert settings["max_gen_toks"] == 32768
        assert (settings["temperature"], settings["top_p"]) == (0.6, 0.95)
