"""The whole life of a contribution over the API, and every way in which it says no."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from contributions import proposals
from contributions.actions.revise import revise
from contributions.models import Check, Contribution
from hub.actions.create_token import create_token
from hub.models import ModelVariant, User
from tests.contributions.stories import (
    approved,
    pass_checks,
    run_checks,
    submitted,
    variant_payload,
)
from tests.factories import make_user
from tests.queries import assert_constant_queries
from tests.repos import host

pytestmark = pytest.mark.django_db
URL = "/api/v1/contributions/"


def by(user: User, *scopes: str) -> APIClient:
    secret = create_token(user=user, name="test", scopes=scopes or ("contribute", "review"))[1]
    return APIClient(headers={"authorization": f"Bearer {secret}"})


def error(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content
    body: dict[str, Any] = response.json()["error"]
    assert set(body) == {"code", "message", "fields"}
    return body


def test_submitting_answers_with_the_whole_and_its_address(ann: User) -> None:
    answer = by(ann).post(
        URL, {"kind": "add_variant", "payload": variant_payload(), "note": "New", "sign_off": True}
    )
    body = answer.json()
    assert answer.status_code == 201, body
    assert answer["Location"] == body["url"]
    assert (body["state"], body["head"], body["author"]) == ("open", 1, "ann")
    version = body["versions"][0]
    assert (version["number"], version["note"], version["payload"]["licence"]) == (
        1,
        "New",
        "apache-2.0",
    )
    planned = proposals.get("add_variant").checks.names
    assert {check["name"] for check in version["checks"]} == set(planned)
    assert [event["verb"] for event in body["timeline"]] == ["submitted"]
    assert {item["met"] for item in body["requirements"] if item["code"] != "objections"} == {False}


def test_a_script_can_go_all_the_way(ann: User, ben: User, cleo: User) -> None:
    made = (
        by(ann)
        .post(URL, {"kind": "add_variant", "payload": variant_payload(), "sign_off": True})
        .json()
    )
    at = f"{URL}{made['number']}/"
    asked = by(ben).post(
        f"{at}reviews/", {"head": 1, "verdict": "request_changes", "body": "Say more."}
    )
    assert asked.json()["state"] == "changes_requested"
    better = variant_payload(summary="A tiny model, for tests of everything.")
    revised = by(ann).post(
        f"{at}versions/", {"head": 1, "payload": better, "note": "More.", "sign_off": True}
    )
    assert revised.status_code == 201
    assert revised.json()["versions"][1]["changes"] == [
        {
            "field": "summary",
            "label": "Summary",
            "sort": "words",
            "before": "A tiny model for tests.",
            "after": "A tiny model, for tests of everything.",
            "detail": {
                "words": [
                    ["", "A tiny model"],
                    ["add", ","],
                    ["", " for tests"],
                    ["add", " of everything"],
                    ["", "."],
                ]
            },
        }
    ]
    by(ann).post(f"{at}comments/", {"body": "Done."})
    pass_checks(Contribution.objects.get())
    assert by(ben).post(f"{at}reviews/", {"head": 2, "verdict": "approve"}).status_code == 201
    merged = by(cleo).post(f"{at}merge/", {"head": 2}).json()
    assert (merged["state"], merged["merged_by"], merged["variant"]) == (
        "merged",
        "cleo",
        "headwaters/brook",
    )
    assert [event["verb"] for event in merged["timeline"]] == [
        "submitted",
        "reviewed",
        "revised",
        "assigned",
        "commented",
        "reviewed",
        "merged",
    ]
    assert merged["timeline"][4]["body"] == "Done."


def test_the_same_key_twice_submits_once(ann: User) -> None:
    body = {"kind": "add_variant", "payload": variant_payload(), "sign_off": True}
    client = by(ann)
    first = client.post(URL, body, headers={"Idempotency-Key": "k1"})
    second = client.post(URL, body, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert Contribution.objects.count() == 1


def test_wrong_fields_are_named(ann: User) -> None:
    payload = variant_payload(licence="nope", parameters=-1)
    body = error(by(ann).post(URL, {"kind": "add_variant", "payload": payload}), 400)
    assert body["code"] == "invalid"
    assert set(body["fields"]) == {"licence", "parameters"}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"payload": {}}, "kind"),
        ({"kind": "add_planet", "payload": {}}, "kind"),
        ({"kind": "add_variant"}, "payload"),
        ({"kind": "add_variant", "payload": []}, "payload"),
        ({"kind": "add_variant", "payload": {}, "note": 5 * ["x"]}, "note"),
    ],
)
def test_a_body_that_is_none_is_refused(ann: User, sent: dict[str, Any], field: str) -> None:
    assert field in error(by(ann).post(URL, sent), 400)["fields"]


def test_what_is_open_already_is_named(ann: User, sam: User, brook: Contribution) -> None:
    body = error(
        by(sam).post(URL, {"kind": "add_variant", "payload": variant_payload(), "sign_off": True}),
        400,
    )
    assert body["code"] == "already_open"
    assert f"#{brook.pk}" in body["message"]


def test_a_merge_that_is_not_ready_lists_what_is_missing(cleo: User, brook: Contribution) -> None:
    body = error(by(cleo).post(f"{URL}{brook.pk}/merge/", {"head": 1}), 400)
    assert body["code"] == "requirements_unmet"
    required = proposals.get("add_variant").checks.required
    assert len(body["fields"]["requirements"]) == 1 + len(required)


def test_an_outdated_head_and_an_ended_contribution_are_conflicts(
    ann: User, ben: User, cleo: User, brook: Contribution
) -> None:
    approved(brook, ben)
    at = f"{URL}{brook.pk}/"
    payload = variant_payload(summary="Other words.")
    revise(actor=ann, contribution=brook, payload=payload, note="", head=1, sign_off=True)
    old = error(by(ben).post(f"{at}reviews/", {"head": 1, "verdict": "approve"}), 409)
    assert "version 2" in old["message"]
    assert by(ann).post(f"{at}withdraw/", {"why": "So."}).json()["state"] == "withdrawn"
    assert error(by(cleo).post(f"{at}close/", {"why": "No."}), 409)["code"] == "illegal_move"


STEPS = [
    (
        "versions/",
        {"head": 1, "payload": variant_payload(summary="x"), "sign_off": True},
        "contribute",
    ),
    ("comments/", {"body": "Hi"}, "contribute"),
    ("withdraw/", {}, "contribute"),
    ("checks/card/rerun/", {}, "contribute"),
    ("reviews/", {"head": 1, "verdict": "approve"}, "review"),
    ("merge/", {"head": 1}, "review"),
    ("close/", {"why": "No."}, "review"),
]


@pytest.mark.parametrize(("step", "body", "scope"), STEPS, ids=[step for step, _, _ in STEPS])
def test_nobody_writes_without_a_person_and_the_scope(
    cleo: User, brook: Contribution, step: str, body: dict[str, Any], scope: str
) -> None:
    other = "review" if scope == "contribute" else "contribute"
    anonymous = APIClient().post(f"{URL}{brook.pk}/{step}", body)
    assert error(anonymous, 401)["code"] == "not_authenticated"
    scoped = by(cleo, other).post(f"{URL}{brook.pk}/{step}", body)
    assert scope in error(scoped, 403)["message"]
    assert brook.events.count() == 1


@pytest.mark.parametrize("step", [step for step, _, _ in STEPS if step != "comments/"])
def test_a_stranger_changes_nothing(sam: User, brook: Contribution, step: str) -> None:
    pass_checks(brook)
    body = {name: body for name, body, _ in STEPS}[step]
    assert error(by(sam).post(f"{URL}{brook.pk}/{step}", body), 403)["code"] == "permission_denied"
    assert brook.events.count() == 1


def test_what_is_not_there_is_not_found(ann: User, brook: Contribution) -> None:
    client = by(ann)
    assert error(client.get(f"{URL}999999/"), 404)["code"] == "not_found"
    assert error(client.get(f"{URL}{10**30}/"), 404)["code"] == "not_found"
    assert error(client.post(f"{URL}999999/comments/", {"body": "x"}), 404)
    assert error(client.post(f"{URL}{brook.pk}/checks/none/rerun/"), 404)


def test_a_check_runs_again(ann: User, brook: Contribution) -> None:
    pass_checks(brook)
    body = by(ann).post(f"{URL}{brook.pk}/checks/card/rerun/").json()
    states = {check["name"]: check["state"] for check in body["versions"][0]["checks"]}
    assert (states["card"], states["files"]) == ("queued", "passed")
    assert body["timeline"][-1]["verb"] == "rerun"


def test_the_list_filters_and_pages(ann: User, sam: User, api: APIClient) -> None:
    for number in range(3):
        submitted(ann, f"headwaters/brook-{number}")
    submitted(sam, "sea/salt").move_on("closed")

    def subjects(query: str) -> list[str]:
        return [row["subject"] for row in api.get(f"{URL}?{query}").json()["results"]]

    assert subjects("state=live&ordering=number") == [f"headwaters/brook-{n}" for n in range(3)]
    assert subjects("state=closed") == subjects("author=SAM") == subjects("q=salt")
    assert subjects("kind=add_dataset") == subjects("reviewed_by=ann") == []
    assert len(subjects("group=algorithm")) == 4
    first = api.get(f"{URL}?page_size=3").json()
    rest = api.get(first["next"]).json()
    assert len(first["results"] + rest["results"]) == 4
    assert error(api.get(f"{URL}?state=lost"), 400)["fields"].keys() == {"state"}
    assert error(api.get(f"{URL}?ordering=colour"), 400)["fields"].keys() == {"ordering"}


def test_a_list_asks_the_same_number_of_queries_however_long(api: APIClient, ann: User) -> None:
    submitted(ann, "headwaters/brook")
    assert_constant_queries(
        lambda: api.get(URL),
        lambda: [submitted(make_user(), f"sea/salt-{number}") for number in range(4)],
    )


def test_one_contribution_asks_the_same_number_of_queries_however_long(
    api: APIClient, ann: User, ben: User, brook: Contribution
) -> None:
    client = by(ann)
    by(ben).post(f"{URL}{brook.pk}/reviews/", {"head": 1, "verdict": "approve"})

    def more() -> None:
        for head in range(1, 5):
            payload = variant_payload(summary=f"Version {head + 1}.")
            client.post(
                f"{URL}{brook.pk}/versions/", {"head": head, "payload": payload, "sign_off": True}
            )
            by(ben).post(f"{URL}{brook.pk}/reviews/", {"head": head + 1, "verdict": "approve"})
            client.post(f"{URL}{brook.pk}/comments/", {"body": "More."})

    assert_constant_queries(lambda: api.get(f"{URL}{brook.pk}/"), more)


@pytest.mark.django_db(transaction=True)
class TestWithAnOrigin:
    @pytest.fixture(autouse=True)
    def whole_site(self, origin: str, settings: Settings) -> None:
        settings.ROOT_URLCONF = "hub.urls"

    def test_prefill_answers_with_a_payload_that_can_be_sent_back(self, ann: User) -> None:
        commit = host("headwaters/brook")
        client = by(ann)
        found = client.post(
            f"{URL}prefill/", {"kind": "add_variant", "repo_id": "headwaters/brook"}
        )
        body = found.json()
        assert found.status_code == 200, body
        assert body["commit"] == commit.sha
        assert "parameters" in body["fetched"]
        made = client.post(
            URL, {"kind": body["kind"], "payload": body["payload"], "sign_off": True}
        ).json()
        contribution = Contribution.objects.get(pk=made["number"])
        assert {check.state for check in run_checks(contribution).values()} == {"passed", "skipped"}
        version = client.get(made["url"]).json()["versions"][0]
        assert version["commit"] == commit.sha

    def test_what_the_origin_refuses_has_its_code_and_field(self, ann: User) -> None:
        host("headwaters/gate", gated=True)
        for repo_id, code in [("sea/none", "repo_not_found"), ("headwaters/gate", "gated")]:
            sent = {"kind": "add_variant", "repo_id": repo_id}
            body = error(by(ann).post(f"{URL}prefill/", sent), 400)
            assert (body["code"], list(body["fields"])) == (code, ["repo_id"])

    def test_an_origin_that_is_down_is_not_the_callers_fault(
        self, ann: User, settings: Settings
    ) -> None:
        settings.HF_ENDPOINT = "http://127.0.0.1:9"
        sent = {"kind": "add_variant", "repo_id": "headwaters/brook"}
        assert error(by(ann).post(f"{URL}prefill/", sent), 503)["code"] == "origin_down"

    def test_a_failed_check_says_why_and_whose_turn_it_is(self, ann: User) -> None:
        contribution = submitted(ann, "headwaters/none")
        run_checks(contribution)
        body = APIClient().get(f"{URL}{contribution.pk}/").json()
        check = body["versions"][0]["checks"][0]
        assert (check["state"], check["code"], check["whose"]) == (
            "failed",
            "repo_not_found",
            "submitter",
        )
        assert "headwaters/none" in check["details"][0]["text"]
        assert ModelVariant.objects.count() == 0
        others = len(proposals.get("add_variant").checks.names) - 1
        assert Check.objects.filter(state="skipped").count() == others
