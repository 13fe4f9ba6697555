from typing import Any

import pytest
from pytest_django.fixtures import Settings

from contributions import proposals
from hub.models import User
from hub.refusal import Refusal
from tests.contributions.stories import prefilled, run_checks, submitted, variant_payload
from tests.factories import make_variant
from tests.repos import PARAMETERS, card, host

ADD = proposals.get("add_variant")


def errors(**fields: Any) -> dict[str, list[str]]:
    with pytest.raises(Refusal) as refused:
        ADD.clean(variant_payload(**fields))
    return refused.value.fields


def edge(parent: str = "sea/parent", relation: str = "finetune", **fields: Any) -> dict[str, Any]:
    return {"parent_name": parent, "relation": relation, "is_dataset": False, **fields}


def test_a_clean_payload_is_complete_and_clean_again() -> None:
    cleaned = ADD.clean({"repo_id": "a/b", "owner": "a", "name": "b", "licence": "MIT"})
    assert cleaned == {
        "repo_id": "a/b",
        "revision": "main",
        "owner": "a",
        "name": "b",
        "licence": "mit",
        "licence_name": "",
        "summary": "",
        "tags": [],
        "parameters": None,
        "architecture": "",
        "card_text": "",
        "edges": [],
    }
    assert ADD.clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"repo_id": ""}, "repo_id"),
        ({"repo_id": "brook"}, "repo_id"),
        ({"repo_id": "a/b/c"}, "repo_id"),
        ({"repo_id": "https://hub.example/a/b"}, "repo_id"),
        ({"revision": "../../etc"}, "revision"),
        ({"revision": "a b"}, "revision"),
        ({"owner": "bad owner"}, "owner"),
        ({"name": "a--b"}, "name"),
        ({"name": 7}, "name"),
        ({"name": "x" * 97}, "name"),
        ({"licence": ""}, "licence"),
        ({"licence": "do-what-you-like"}, "licence"),
        ({"licence": "other"}, "licence_name"),
        ({"summary": "x" * 301}, "summary"),
        ({"summary": "nul\x00"}, "summary"),
        ({"parameters": -1}, "parameters"),
        ({"parameters": 1.5}, "parameters"),
        ({"parameters": True}, "parameters"),
        ({"parameters": "many"}, "parameters"),
        ({"parameters": "1.23456B9"}, "parameters"),
        ({"parameters": "0.5"}, "parameters"),
        ({"parameters": "9" * 5000}, "parameters"),
        ({"tags": [1]}, "tags"),
        ({"tags": ["x" * 61]}, "tags"),
        ({"tags": [str(number) for number in range(61)]}, "tags"),
        ({"edges": "all"}, "edges"),
        ({"edges": [edge()] * 65}, "edges"),
        ({"edges": [edge("nobody")]}, "edges.0.parent_name"),
        ({"edges": [edge("Headwaters/Brook")]}, "edges.0.parent_name"),
        ({"edges": [edge(), edge("Sea/Parent")]}, "edges.1.parent_name"),
        ({"edges": [edge(relation="cousin")]}, "edges.0.relation"),
        ({"edges": [edge(relation="trained_on")]}, "edges.0.is_dataset"),
        ({"edges": [edge(is_dataset=True)]}, "edges.0.relation"),
        ({"edges": [edge(is_dataset="yes")]}, "edges.0.is_dataset"),
        ({"edges": [edge(parent_commit="main")]}, "edges.0.parent_commit"),
        ({"edges": [edge(colour="blue")]}, "edges.0.colour"),
        ({"card_text": "x" * 200_001}, "card_text"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_each_wrong_field_is_named(fields: dict[str, Any], field: str) -> None:
    assert set(errors(**fields)) == {field}


def test_all_errors_are_told_at_once() -> None:
    assert set(errors(name="", licence="x", parameters=-1)) == {"name", "licence", "parameters"}


@pytest.mark.parametrize("payload", [[], "text", 3])
def test_a_payload_that_is_no_object_is_refused(payload: Any) -> None:
    with pytest.raises(Refusal):
        ADD.clean(payload)


@pytest.mark.parametrize(
    ("typed", "count"),
    [
        ("7B", 7 * 10**9),
        ("1.5 B", 15 * 10**8),
        ("671b", 671 * 10**9),
        ("130M", 130 * 10**6),
        ("1.2T", 12 * 10**11),
        ("12_000", 12_000),
        (" ", None),
    ],
)
def test_sizes_are_written_as_people_write_them(typed: str, count: int | None) -> None:
    assert ADD.clean(variant_payload(parameters=typed))["parameters"] == count


def test_what_people_type_is_understood() -> None:
    cleaned = ADD.clean(variant_payload(parameters="7,615,616,512", tags="moe, math,, moe "))
    assert (cleaned["parameters"], cleaned["tags"]) == (7_615_616_512, ["moe", "math"])


def test_the_changes_between_two_versions_are_named_with_both_values() -> None:
    old = ADD.clean(variant_payload())
    new = ADD.clean(variant_payload(licence="mit", edges=[edge(parent_commit="abcdef123")]))
    assert [(c.field, c.label, c.before, c.after) for c in ADD.changes(old, new)] == [
        ("edges", "Parents", "", "fine-tune: sea/parent at abcdef12"),
        ("licence", "Licence", "apache-2.0", "mit"),
    ]
    assert ADD.changes(old, old) == []


@pytest.mark.django_db
def test_an_address_is_taken_whatever_its_case() -> None:
    there = make_variant("headwaters/brook")
    assert ADD.existing(ADD.clean(variant_payload("Headwaters/BROOK"))) == there


@pytest.mark.django_db(transaction=True)
class TestPrefill:
    def test_the_origin_fills_in_what_it_knows(self, origin: str) -> None:
        readme = card(
            "Made of **still** water.",
            base_model="headwaters/spring",
            base_model_relation="finetune",
            datasets=["headwaters/pool"],
            tags=["tiny"],
        )
        commit = host("headwaters/brook", {"README.md": readme})
        found = proposals.prefill(kind="add_variant", repo_id=" Headwaters/brook ")
        payload = found.payload
        assert (found.commit, payload["revision"]) == (commit.sha, commit.sha)
        assert (payload["repo_id"], payload["owner"]) == ("headwaters/brook", "headwaters")
        assert (payload["licence"], payload["parameters"]) == ("apache-2.0", PARAMETERS)
        assert (payload["architecture"], payload["tags"]) == ("LlamaForCausalLM", ["tiny"])
        assert payload["summary"] == "Made of still water."
        assert [(e["parent_name"], e["relation"], e["is_dataset"]) for e in payload["edges"]] == [
            ("headwaters/spring", "finetune", False),
            ("headwaters/pool", "trained_on", True),
        ]
        assert {"licence", "parameters", "edges", "card_text"} <= set(found.fetched)
        assert "licence_name" not in found.fetched

    def test_what_was_filled_in_is_a_payload_that_passes_every_check(
        self, origin: str, ann: User
    ) -> None:
        readme = card(base_model="headwaters/spring", datasets=["headwaters/pool"])
        host("headwaters/brook", {"README.md": readme})
        contribution = submitted(ann, **prefilled("headwaters/brook"))
        states = {name: check.state for name, check in run_checks(contribution).items()}
        # Its parents are not in the catalogue yet.
        assert states.pop("lineage") == "warning"
        assert set(states.values()) == {"passed", "skipped"}

    def test_an_adapters_base_comes_from_its_configuration(self, origin: str) -> None:
        files: dict[str, bytes | None] = {
            "config.json": None,
            "adapter_config.json": b'{"base_model_name_or_path": "headwaters/spring"}',
        }
        host("headwaters/brook", files)
        assert [
            (e["parent_name"], e["relation"]) for e in prefilled("headwaters/brook")["edges"]
        ] == [("headwaters/spring", "adapter")]

    def test_a_local_folder_and_name_or_path_are_not_believed(self, origin: str) -> None:
        files: dict[str, bytes | None] = {
            "config.json": b'{"_name_or_path": "secret/base", "architectures": 7}',
            "adapter_config.json": b'{"base_model_name_or_path": "/home/me/base"}',
        }
        host("headwaters/brook", files)
        payload = prefilled("headwaters/brook")
        assert (payload["edges"], payload["architecture"]) == ([], "")

    def test_what_cannot_be_read_is_noted_and_left_empty(self, origin: str) -> None:
        host("headwaters/brook", {"README.md": b"no front", "model.safetensors": b"\xff" * 99})
        found = proposals.prefill(kind="add_variant", repo_id="headwaters/brook")
        assert (found.payload["licence"], found.payload["parameters"]) == ("", None)
        assert any("front matter" in note for note in found.notes)
        assert any("could not be counted" in note for note in found.notes)

    def test_what_the_origin_refuses_stands_at_its_field(self, origin: str) -> None:
        host("headwaters/brook")
        for repo_id, revision, code, field in [
            ("headwaters/none", "main", "repo_not_found", "repo_id"),
            ("headwaters/brook", "v9", "revision_not_found", "revision"),
            ("not a name", "main", "invalid", "repo_id"),
            ("headwaters/brook", "../x", "invalid", "revision"),
        ]:
            with pytest.raises(Refusal) as refused:
                proposals.prefill(kind="add_variant", repo_id=repo_id, revision=revision)
            assert (refused.value.code, list(refused.value.fields)) == (code, [field])

    def test_an_origin_that_is_down_is_the_hubs_turn(self, settings: Settings) -> None:
        settings.HF_ENDPOINT = "http://127.0.0.1:9"
        with pytest.raises(proposals.OriginRefusal) as refused:
            proposals.prefill(kind="add_variant", repo_id="headwaters/brook")
        assert (refused.value.code, refused.value.whose) == ("origin_down", "hub")
