"""The form keeps what people typed, knows what the origin filled in, and puts errors where they belong."""

from typing import Any

from django.http import QueryDict

from contributions import proposals
from contributions.forms import ProposalForm
from contributions.proposals.protocol import Prefill
from hub.refusal import Refusal
from tests.contributions.stories import variant_payload
from tests.contributions.views.posting import inputs_of, parents, typed, untyped

ADD = proposals.get("add_variant")


def bound(values: dict[str, str], kind: str = "add_variant") -> ProposalForm:
    data = QueryDict(mutable=True)
    data.update(values)
    return ProposalForm(proposals.get(kind), data)


def sources(form: ProposalForm) -> dict[str, str]:
    """Field -> where its value was fetched, as the template shows it."""
    parts = [part for block in form.blocks for line in block.lines for part in line]
    return {part.field.name: part.fetched for part in parts if part.fetched}


def prefill(**fields: Any) -> Prefill:
    payload = variant_payload(**fields)
    return Prefill(payload, tuple(payload), "0" * 40)


def edge(name: str, relation: str = "finetune", *, is_dataset: bool = False) -> dict[str, Any]:
    return {
        "parent_name": name,
        "relation": relation,
        "parent_commit": "",
        "is_dataset": is_dataset,
    }


def test_what_is_typed_is_the_payload_that_was_meant() -> None:
    payload = variant_payload(
        edges=[edge("headwaters/spring"), edge("headwaters/pool", "trained_on", is_dataset=True)]
    )
    form = bound(typed(payload))
    assert form.is_valid(), form.errors
    assert form.payload()["edges"] == payload["edges"]
    assert form.payload()["parameters"] == "264"
    assert form.payload()["tags"] == "tiny"


def test_every_error_stands_beside_its_field() -> None:
    values = typed(
        repo_id="", name="-", parameters="many", licence="wtf-2", **parents(("nonsense", ""))
    )
    form = bound(values)
    assert not form.is_valid()
    assert set(form.errors) == {"repo_id", "name", "parameters", "licence"}
    row = form.rows["edges"].forms[0]
    assert row.errors["parent_name"] == ["Write owner/name, as the origin does."]
    assert row.errors["relation"] == ["Choose what it is to this parent."]
    assert {problem.label for problem in form.problems} >= {"Name here", "Parent 1, Parent"}
    assert all(problem.target for problem in form.problems)


def test_errors_of_parents_find_their_row_past_empty_ones() -> None:
    form = bound(typed(**parents(("", ""), ("headwaters/spring", "finetune"), ("bad", "merge"))))
    assert not form.is_valid()
    assert [bool(row.errors) for row in form.rows["edges"].forms] == [False, False, True]


def test_a_relation_that_is_none_is_told_and_not_dropped() -> None:
    form = bound(typed(**parents(("headwaters/spring", "cousin"))))
    assert not form.is_valid()
    assert "cousin" in str(form.rows["edges"].forms[0].errors["relation"])


def test_what_belongs_to_no_field_stands_above_the_form() -> None:
    form = bound(typed())
    assert form.is_valid()
    form.refuse(Refusal("unchanged", "This is the same."))
    form.refuse(Refusal("odd", "Odd.", fields={"colour": ["There is no such field."]}))
    assert form.non_field_errors() == ["This is the same.", "There is no such field."]


def test_an_empty_form_takes_everything_from_the_origin_and_says_so() -> None:
    form = bound(typed(untyped()))
    filled = form.with_prefill(prefill(edges=[edge("headwaters/spring")]))
    assert filled["name"].value() == "brook"
    assert sources(filled)["licence"] == sources(filled)["edges"] == "the card"
    assert sources(filled)["parameters"] == "the weights"
    assert "edges" in filled.untouched()
    # … also once it was sent back by a browser, with its own line ends.
    again = bound({name: value.replace("\n", "\r\n") for name, value in inputs_of(filled).items()})
    assert again.untouched() >= {"name", "licence", "card_text", "edges"}


def test_a_correction_stays_through_the_next_fetch_and_is_not_marked() -> None:
    filled = bound(typed(repo_id="headwaters/brook")).with_prefill(prefill())
    corrected = bound({**inputs_of(filled), "licence": "mit", "summary": "Mine."})
    again = corrected.with_prefill(prefill(summary="Theirs.", architecture="Qwen3ForCausalLM"))
    assert again["licence"].value() == "mit"
    assert again["summary"].value() == "Mine."
    assert again["architecture"].value() == "Qwen3ForCausalLM"
    assert {"licence", "summary"}.isdisjoint(again.untouched())


def test_another_repository_replaces_what_the_first_one_filled_in() -> None:
    first = bound(typed(untyped())).with_prefill(prefill(edges=[edge("headwaters/spring")]))
    second = bound({**inputs_of(first), "repo_id": "millrace/rill"}).with_prefill(
        prefill(repo_id="millrace/rill", name="rill", owner="millrace", summary="")
    )
    assert second["name"].value() == "rill"
    assert second["summary"].value() == ""
    assert second.initial["edges"] == []


def test_typed_parents_are_not_replaced() -> None:
    form = bound(typed(**parents(("headwaters/spring", "merge"))))
    filled = form.with_prefill(prefill(edges=[edge("headwaters/other")]))
    assert [row["parent_name"] for row in filled.initial["edges"]] == ["headwaters/spring"]


def test_a_fetch_asks_for_the_newest_commit_unless_a_revision_was_typed() -> None:
    filled = bound(typed(revision="")).with_prefill(prefill(revision="a" * 40))
    assert bound(inputs_of(filled)).asked_revision == ""
    assert bound({**inputs_of(filled), "revision": "v2"}).asked_revision == "v2"


def test_another_parent_adds_a_row_each_time_and_keeps_the_text() -> None:
    form = bound(typed(**parents(("headwaters/spring", "merge"), ("", ""))))
    more = form.with_another_row("edges")
    assert len(more.rows["edges"].forms) == 3
    assert more.rows["edges"].forms[0]["parent_name"].value() == "headwaters/spring"
    assert not more.problems


def test_a_refused_fetch_judges_nothing_else() -> None:
    refusal = Refusal("invalid", "No.", fields={"repo_id": ["No."]})
    form = bound(typed(repo_id="x", name="")).with_only(refusal)
    assert dict(form.errors) == {"repo_id": ["No."]}
    assert form["name"].errors == []


def test_revising_follows_the_repository_where_nobody_wrote_something_else() -> None:
    payload = variant_payload(revision="b" * 40, card_text="# Brook")
    assert ProposalForm.of_payload(ADD, payload, pinned_card="# Brook\n").untouched() == {
        "revision",
        "card_text",
    }
    written = ProposalForm.of_payload(ADD, {**payload, "revision": "main"}, pinned_card="# Theirs")
    assert written.untouched() == set()


def test_a_dataset_that_something_was_generated_by_stays_a_dataset() -> None:
    payload = variant_payload(edges=[edge("headwaters/pool", "generated_by", is_dataset=True)])
    assert bound(typed(payload)).payload()["edges"] == payload["edges"]
    changed = bound({**typed(payload), "edges-0-relation": "finetune"})
    assert changed.payload()["edges"][0]["is_dataset"] is False


def test_a_dataset_form_has_no_parents() -> None:
    form = bound({"repo_id": "headwaters/pool"}, "add_dataset")
    assert "edges" not in form.payload()
    assert not form.is_valid()
    assert {"owner", "name", "licence"} <= set(form.errors)
