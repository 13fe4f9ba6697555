"""Adding a kind is one file and one line: a kind that only this test knows goes all the way."""

import pytest
from django.test import Client

from contributions import proposals
from contributions.actions.merge import merge
from contributions.actions.revise import revise
from contributions.models import Contribution
from contributions.proposals.fields import Choice, Payload, Prose, Reading, Rows, Section, Text
from contributions.proposals.fields.names import Address
from contributions.proposals.protocol import Applied, Proposal, Sentence
from hub.models import Dataset, User
from hub.refusal import Refusal
from tests.conftest import signed_in
from tests.contributions.api.test_contributions import by
from tests.contributions.stories import approved
from tests.factories import make_dataset

pytestmark = pytest.mark.django_db


class NamePool(Proposal):
    """payload: dataset, nickname, mood, reasons [{reason}], why."""

    kind = "name_pool"
    label = "Give a dataset a nickname"
    lead = "A short name that people say out loud."
    group = "data"
    sentence = Sentence("wants to nickname", "wanted to nickname", "nicknamed")
    sections = (
        Section(
            "The name",
            "One that nobody minds.",
            Address("dataset", "Dataset", required=True),
            (
                Text("nickname", "Nickname", required=True, most=20),
                Choice("mood", "Mood", choices=[("calm", "calm"), ("wild", "wild")], blank="None"),
            ),
            Rows(
                "reasons",
                "Reasons",
                columns=(Text("reason", "Reason", required=True),),
                noun="reason",
            ),
            Prose("why", "Story"),
        ),
    )

    def validate(self, reading: Reading) -> None:
        if reading.cleaned["nickname"] == reading.cleaned["dataset"]:
            reading.error("nickname", "That is its name already.")

    def subject(self, payload: Payload) -> str:
        return str(payload["dataset"])

    def apply(self, *, payload: Payload, **_: object) -> Applied:
        owner, _slash, name = payload["dataset"].partition("/")
        dataset = Dataset.objects.named(owner, name).get()
        Dataset.objects.filter(pk=dataset.pk).update(summary=payload["nickname"])
        return Applied(dataset=dataset)


PAYLOAD = {
    "dataset": "headwaters/pool",
    "nickname": "The Pool",
    "mood": "calm",
    "reasons": [{"reason": "It is short."}],
    "why": "Still water.",
}
TYPED = {
    "sign_off": "on",
    "dataset": "headwaters/pool",
    "nickname": "The Pool",
    "mood": "calm",
    "why": "Still water.",
    "reasons-TOTAL_FORMS": "2",
    "reasons-INITIAL_FORMS": "0",
    "reasons-0-reason": "",
    "reasons-1-reason": "It is short.",
}


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(proposals.KINDS, "name_pool", NamePool())


def test_it_is_offered_and_its_form_asks_for_its_fields(client: Client, ann: User) -> None:
    assert "Give a dataset a nickname" in client.get("/submit/").content.decode()
    page = signed_in(ann).get("/submit/name-pool/?dataset=headwaters/pool").content.decode()
    assert 'value="headwaters/pool"' in page
    assert 'name="reasons-0-reason"' in page
    assert "Fetch" not in page


def test_the_form_makes_a_contribution_and_its_page_shows_it(ann: User) -> None:
    browser = signed_in(ann)
    wrong = browser.post("/submit/name-pool/", {**TYPED, "nickname": "x" * 21})
    assert wrong.status_code == 422
    assert "Use at most 20 characters" in wrong.content.decode()
    answer = browser.post("/submit/name-pool/", TYPED)
    contribution = Contribution.objects.get()
    assert contribution.versions.get().payload == PAYLOAD
    page = browser.get(answer["Location"]).content.decode()
    assert "wants to nickname" in page
    assert "It is short." in page


def test_rows_are_added_and_judged_one_by_one(ann: User) -> None:
    browser = signed_in(ann)
    more = browser.post("/submit/name-pool/", {**TYPED, "more": "reasons"}).content.decode()
    assert 'name="reasons-2-reason"' in more
    long = {**TYPED, "reasons-1-reason": "x" * 301}
    page = browser.post("/submit/name-pool/", long).content.decode()
    assert "Reason 2, Reason" in page


def test_the_api_describes_and_takes_it(ann: User) -> None:
    kinds = by(ann).get("/api/v1/kinds/").json()
    mine = next(kind for kind in kinds if kind["kind"] == "name_pool")
    assert [field["name"] for field in mine["payload"]] == list(PAYLOAD)
    assert mine["payload"][3]["columns"][0]["required"] is True
    sent = {"kind": "name_pool", "payload": PAYLOAD, "sign_off": True}
    assert by(ann).post("/api/v1/contributions/", sent).status_code == 201
    refused = by(ann).post("/api/v1/contributions/", {**sent, "payload": {**PAYLOAD, "mood": "?"}})
    assert list(refused.json()["error"]["fields"]) == ["mood"]


def test_what_its_fields_cannot_judge_alone_it_judges_itself() -> None:
    with pytest.raises(Refusal) as refused:
        NamePool().clean({**PAYLOAD, "dataset": "a/b", "nickname": "a/b"})
    assert list(refused.value.fields) == ["nickname"]


def test_a_revision_shows_what_changed_and_a_merge_applies_it(
    ann: User, ben: User, cleo: User
) -> None:
    make_dataset("headwaters/pool")
    by(ann).post(
        "/api/v1/contributions/", {"kind": "name_pool", "payload": PAYLOAD, "sign_off": True}
    )
    contribution = Contribution.objects.get()
    better = {**PAYLOAD, "nickname": "The Big Pool", "reasons": [{"reason": "It is big."}]}
    revise(actor=ann, contribution=contribution, payload=better, note="", head=1, sign_off=True)
    page = signed_in(ben).get(contribution.get_absolute_url()).content.decode()
    assert "The <ins>Big </ins>Pool" in page
    assert "<del>It is short.</del>" in page
    merge(actor=cleo, contribution=approved(contribution, ben), head=2)
    contribution.refresh_from_db()
    assert (contribution.state, contribution.dataset) == ("merged", Dataset.objects.get())
    assert Dataset.objects.get().summary == "The Big Pool"
