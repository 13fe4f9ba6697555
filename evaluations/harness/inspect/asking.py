"""Inspect tasks asked of a checkpoint, and every number with its outcomes in the shape that
lm_eval/results.py reads.

Imported by child.py in the harness's interpreter, after the stage "import" was announced: these
imports cost seconds.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import inspect as introspection
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import inspect_ai
import torch
import transformers
from facts import hardware, versions
from inspect_ai.dataset import Sample
from inspect_ai.hooks import Hooks, SampleEnd, hooks
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import ChatMessage, Model, ModelAPI, get_model, modelapi
from inspect_ai.model._providers import hf
from inspect_ai.model._providers.hf import HuggingFaceAPI, set_random_seeds
from inspect_ai.scorer import value_to_float
from inspect_ai.solver import chain, system_message
from refusing import Refused, refuse_random_weights

Spec = dict[str, Any]
# A recipe's generation arguments are named as lm_eval does -> what Inspect calls the same.
ARGUMENTS = {
    "max_gen_toks": "max_tokens",
    "until": "stop_seqs",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
}


class CheckpointAPI(HuggingFaceAPI):
    """Inspect's own provider on a folder, with nothing of the repository that changes a protocol."""

    # What an answer failed by: Inspect's log keeps only its text.
    broken: Exception | None = None

    def __init__(self, model_name: str, **arguments: Any) -> None:
        super().__init__(
            model_name,
            trust_remote_code=False,
            use_safetensors=True,
            local_files_only=True,
            **arguments,
        )
        own = self.model.generation_config
        self.model.generation_config = transformers.GenerationConfig(
            bos_token_id=own.bos_token_id,
            eos_token_id=own.eos_token_id,
            pad_token_id=own.pad_token_id,
        )

    async def generate(self, *args: Any, **options: Any) -> Any:
        try:
            return await super().generate(*args, **options)
        except Exception as error:
            self.broken = error
            raise

    def hf_chat(self, messages: list[ChatMessage], tools: list[Any]) -> str:
        """Without a template a base model gets the bare text: Inspect would write "user:" before it."""
        if self.use_chat_template is False or self.tokenizer.chat_template is None:
            return "\n".join(message.text for message in messages)
        return str(super().hf_chat(messages, tools))


@modelapi("checkpoint")
def checkpoint() -> type[ModelAPI]:
    return CheckpointAPI


def pass_on_panics() -> None:
    """A panic of the tokenizers' Rust code is not an Exception: it would end the thread that answers,
    and everything would wait for it."""
    answer = hf._generate_batch

    def answer_or_fail(batch: list[Any]) -> None:
        try:
            answer(batch)
        except BaseException as panic:  # noqa: BLE001
            failure = RuntimeError(str(panic))
            failure.__cause__ = panic
            for item in batch:
                item.future.set_exception(failure)

    hf._generate_batch = answer_or_fail


@hooks(name="progress", description="Tells the worker how many answers are there.")
class Progress(Hooks):
    channel: Any = None
    task = ""
    done = total = 0

    async def on_sample_end(self, data: SampleEnd) -> None:
        Progress.done += 1
        Progress.channel.emit(
            "progress",
            phase="answers",
            done=Progress.done,
            total=Progress.total,
            task=Progress.task,
        )


def run(job: dict[str, Any], out: Path, channel: Any) -> dict[str, Any]:
    """Measure every recipe of the job; what results.json holds. Raises Refused."""
    if job["backend"] != "hf" or job["backend_args"]:
        raise Refused("bad_job", f"Inspect is not set up for the back end {job['backend']}.")
    if job["base"]:
        # Transformers would take the base that the adapter itself names.
        raise Refused("bad_job", "Inspect measures whole models, no adapters.")
    torch.set_num_threads(int(job["threads"]))
    Progress.channel = channel
    refuse_random_weights(channel)
    pass_on_panics()
    samples = out / "samples"
    samples.mkdir(exist_ok=True)
    channel.enter("load_model")
    model = load(job)
    measurements: list[dict[str, Any]] = []
    for number, spec in enumerate(job["tasks"]):
        for seed in spec["seeds"]:
            channel.enter("load_tasks")
            task = load_task(spec)
            if not job["unsafe_code"]:
                refuse_code(task, spec)
            channel.enter("run")
            log = ask(model, task, spec, seed, job["batch_size"], out)
            name = f"{number:03d}-{seed}.jsonl.gz"
            measurements.append(read(log, spec, seed, samples / name))
    return {
        "format": 1,
        "measurements": measurements,
        "versions": versions(),
        "hardware": hardware(job),
    }


def ask(model: Model, task: Any, spec: Spec, seed: int, batch_size: int, out: Path) -> EvalLog:
    """One task answered once for each repeat, under one seed."""
    arguments = generation(spec)
    api: Any = model.api
    api.use_chat_template = spec["apply_chat_template"]
    api.do_sample = bool(arguments.get("temperature"))
    set_random_seeds(seed)
    if spec["system_prompt"]:
        task.solver = chain(system_message(spec["system_prompt"]), task.solver)
    repeats = spec["repeats"] or task.epochs or 1
    questions = min(len(task.dataset), spec["limit"] or len(task.dataset))
    Progress.task, Progress.done, Progress.total = spec["task"], 0, questions * int(repeats)
    [log] = inspect_ai.eval(
        task,
        model=model,
        epochs=repeats,
        limit=spec["limit"],
        max_samples=batch_size,
        max_connections=batch_size,
        fail_on_error=True,
        display="none",
        log_dir=str(out / "scratch"),
        log_format="json",
        log_level="warning",
        **arguments,
    )
    if log.status != "success":
        message = log.error.message if log.error else f"Inspect ended as {log.status}."
        raise RuntimeError(message) from api.broken
    return log


def generation(spec: Spec) -> dict[str, Any]:
    """The recipe's arguments in Inspect's words; bad_job for one that it does not know."""
    given = dict(spec["gen_args"])
    sampled = given.pop("do_sample", bool(given.get("temperature")))
    if strange := set(given) - set(ARGUMENTS):
        raise Refused("bad_job", f"Inspect has no argument {', '.join(sorted(strange))}.")
    named = {ARGUMENTS[name]: value for name, value in given.items()}
    if not sampled:
        named.pop("temperature", None)
    return named


def load(job: dict[str, Any]) -> Model:
    return get_model(
        f"checkpoint/{Path(job['checkpoint']).name}",
        memoize=False,
        model_path=job["checkpoint"],
        device=job["device"],
        dtype=getattr(torch, job["dtype"]),
    )


def load_task(spec: Spec) -> Any:
    """The task that a file of the hub defines; a number of examples goes to its parameter `n_shot`."""
    if spec["file"] is None:
        raise Refused("bad_job", "Only task files of the hub are run with Inspect.")
    path = Path(spec["file"])
    loaded = importlib.util.spec_from_file_location(path.stem, path)
    if loaded is None or loaded.loader is None:
        raise Refused("bad_job", f"{path.name} is no Python file.")
    module = importlib.util.module_from_spec(loaded)
    loaded.loader.exec_module(module)
    make = getattr(module, spec["task"], None)
    if make is None:
        raise Refused("bad_job", f"{path.name} defines no {spec['task']}.")
    takes_examples = "n_shot" in introspection.signature(make).parameters
    if spec["n_shot"] and not takes_examples:
        raise Refused(
            "bad_job", f"{spec['task']} takes no examples; {spec['n_shot']} were asked for."
        )
    return make(n_shot=spec["n_shot"]) if takes_examples and spec["n_shot"] else make()


def refuse_code(task: Any, spec: Spec) -> None:
    """As task_files.refuse_code: in Inspect a task that runs code names a sandbox for it."""
    if task.sandbox or any(sample.sandbox for sample in task.dataset):
        message = f"{spec['task']} runs code that a model writes; its benchmark does not say so"
        raise Refused("bad_job", f"{message} (needs: code_sandbox).")


def read(log: EvalLog, spec: Spec, seed: int, path: Path) -> dict[str, Any]:
    """One recipe's number as Inspect gives it, outcomes averaged over repeats, answers in `path`."""
    scored = {score.scorer: score for score in (log.results.scores if log.results else ())}
    filtered = spec["filter"]
    if filtered not in scored or spec["metric"] not in scored[filtered].metrics:
        known = ", ".join(f"{name}: {', '.join(each.metrics)}" for name, each in scored.items())
        message = f"Inspect reports no {spec['metric']} of {filtered} (there is {known})."
        raise Refused("bad_job", message)
    metrics = scored[filtered].metrics
    answered: dict[str | int, list[EvalSample]] = {}
    for sample in log.samples or ():
        answered.setdefault(sample.id, []).append(sample)
    hashes = [hash_of(document(repeats[0])) for repeats in answered.values()]
    lines = [
        line_of(number, spec, seed, repeats) for number, repeats in enumerate(answered.values())
    ]
    write(path, lines)
    stderr = metrics["stderr"].value if "stderr" in metrics else None
    return {
        "recipe_digest": spec["recipe_digest"],
        "seed": seed,
        "value": metrics[spec["metric"]].value,
        "stderr": stderr,
        "outcomes": [line[spec["metric"]] for line in lines],
        "doc_hashes": hashes,
        "n_total": log.eval.dataset.samples or len(lines),
        "task_hash": hash_of([line["prompt_hash"] + line["target_hash"] for line in lines]),
        "task_version": str(log.eval.task_version),
        "higher_is_better": None,
        "samples": path.name,
    }


def line_of(number: int, spec: Spec, seed: int, repeats: Sequence[EvalSample]) -> dict[str, Any]:
    """One question with its answers, in the words that lm_eval's sample lines use."""
    first = repeats[0]
    prompt = first.input if isinstance(first.input, str) else "\n".join(m.text for m in first.input)
    outcomes = [as_number(sample, spec["filter"]) for sample in repeats]
    return {
        "task": spec["task"],
        "seed": seed,
        "doc_id": number,
        "doc": document(first),
        "target": first.target,
        "arguments": {"gen_args_0": {"arg_0": prompt}},
        "resps": [[sample.output.completion for sample in repeats]],
        "filtered_resps": [scores_of(sample)[spec["filter"]].answer for sample in repeats],
        "filter": spec["filter"],
        "metrics": [spec["metric"]],
        "doc_hash": hash_of(document(first)),
        "prompt_hash": hash_of(prompt),
        "target_hash": hash_of(first.target),
        spec["metric"]: sum(outcomes) / len(outcomes),
    }


def document(sample: EvalSample | Sample) -> dict[str, Any]:
    return {"id": sample.id, "input": sample.input, "target": sample.target}


def scores_of(sample: EvalSample) -> Any:
    if not sample.scores:
        raise RuntimeError(f"Inspect did not score {sample.id}.")
    return sample.scores


def as_number(sample: EvalSample, scorer: str) -> float:
    """Inspect's "C" and "I" as 1 and 0."""
    return float(value_to_float()(scores_of(sample)[scorer].value))


def hash_of(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def write(path: Path, lines: list[dict[str, Any]]) -> None:
    """Equal runs give equal bytes."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as file,
    ):
        for line in lines:
            text = json.dumps(line, ensure_ascii=False, default=str)
            file.write(re.sub(r"[\ud800-\udfff]", "\ufffd", text).encode() + b"\n")
