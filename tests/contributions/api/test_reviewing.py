"""Reviewers, threads, queue and groups, as a script does it."""

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from contributions.actions.assign import assign
from contributions.actions.open_thread import open_thread
from contributions.models import Contribution
from hub.models import User, WorkingGroup
from tests.contributions.stories import submitted
from tests.factories import make_scope
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db


def test_a_review_is_asked_for_and_let_go(
    api: APIClient, ann: User, ben: User, brook: Contribution
) -> None:
    address = reverse("api_contribution_reviewers", args=[brook.pk])
    assert api.get(address).json()["suggested"] == []
    api.force_authenticate(ann)
    assert api.get(address).json()["suggested"] == [
        {"reviewer": "ben", "why": "reviews for the hub", "waiting": 0}
    ]
    answer = api.post(address, {"reviewer": "ben"})
    assert (answer.status_code, answer.json()["assigned"][0]["assigned_by"]) == (201, "ann")
    answer = api.post(address, {"reviewer": "nobody"})
    assert (answer.status_code, answer.json()["error"]["fields"]["reviewer"]) == (
        400,
        ["Nobody here has that name."],
    )
    release = reverse("api_contribution_release", args=[brook.pk])
    assert api.post(release, {"reviewer": "ben"}).json()["assigned"] == []


def test_a_thread_lives_in_the_api(
    api: APIClient, ann: User, ben: User, brook: Contribution
) -> None:
    threads = reverse("api_thread_list", args=[brook.pk])
    api.force_authenticate(ben)
    said = {"head": 1, "field": "card_text", "line": 1, "body": "Which brook?"}
    answer = api.post(threads, said, format="json")
    assert answer.status_code == 201
    (thread,) = answer.json()
    assert (thread["quote"], thread["line"], thread["is_outdated"]) == ("# Brook", 1, False)
    here = [brook.pk, thread["id"]]
    api.force_authenticate(ann)
    (thread,) = api.post(reverse("api_thread_answer", args=here), {"body": "This one."}).json()
    assert [one["body"] for one in thread["comments"]] == ["Which brook?", "This one."]
    (thread,) = api.post(reverse("api_thread_resolve", args=here)).json()
    assert (thread["state"], thread["resolved_by"]) == ("resolved", "ann")
    assert api.post(reverse("api_thread_resolve", args=here)).status_code == 409
    (thread,) = api.post(reverse("api_thread_reopen", args=here)).json()
    assert thread["state"] == "open"
    wrong = api.post(threads, {**said, "line": 9}, format="json")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "invalid")


def test_the_queue_is_about_the_caller_and_costs_the_same(
    api: APIClient, ann: User, ben: User, cleo: User, brook: Contribution
) -> None:
    address = reverse("api_review_queue")
    assert api.get(address).status_code in {401, 403}
    api.force_authenticate(ben)
    (one,) = api.get(address).json()["results"]
    assert (one["number"], one["asked"]) == (brook.pk, [])
    assert one["blocks"][0]["code"] == "approval"

    def more() -> None:
        for number in range(5):
            made = submitted(ann, f"brooks/{number}")
            assign(actor=cleo, contribution=made, reviewer=ben)
            open_thread(author=cleo, contribution=made, head=1, field="licence", body="?")

    assert_constant_queries(lambda: api.get(address), more)
    numbers = [row["number"] for row in api.get(address).json()["results"]]
    assert numbers == sorted(numbers)
    assert len(numbers) == 6
    assert len(api.get(address, {"which": "assigned"}).json()["results"]) == 5


def test_groups_are_read_by_everybody_and_run_by_maintainers(
    api: APIClient, cleo: User, ben: User, sam: User
) -> None:
    make_scope(WorkingGroup.objects.get(slug="data"), ben, owner="headwaters")
    slugs = [group["slug"] for group in api.get(reverse("api_group_list")).json()["results"]]
    assert slugs == ["algorithm", "data", "system"]
    group = api.get(reverse("api_group_detail", args=["data"])).json()
    assert [(one["person"], one["owner"]) for one in group["scopes"]] == [("ben", "headwaters")]
    scope = {"person": "sam", "role": "maintainer", "kinds": ["add_dataset"]}
    api.force_authenticate(ben)
    refused = api.post(reverse("api_scope_add", args=["data"]), scope, format="json")
    assert refused.status_code == 403
    api.force_authenticate(cleo)
    added = api.post(reverse("api_scope_add", args=["data"]), scope, format="json")
    assert (added.status_code, len(added.json()["scopes"])) == (201, 2)
    wrong = {**scope, "kinds": ["add_weather"]}
    refused = api.post(reverse("api_scope_add", args=["data"]), wrong, format="json")
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, ["kinds"])
    last = added.json()["scopes"][-1]["id"]
    gone = api.post(reverse("api_scope_remove", args=["data", last]))
    assert len(gone.json()["scopes"]) == 1
    policy = {"approvals": 2, "required_checks": ["licence"]}
    changed = api.post(reverse("api_policy_set", args=["data"]), policy, format="json")
    assert (changed.json()["approvals"], changed.json()["required_checks"]) == (2, ["licence"])
    unknown = {"approvals": 1, "required_checks": ["weather"]}
    refused = api.post(reverse("api_policy_set", args=["data"]), unknown, format="json")
    assert list(refused.json()["error"]["fields"]) == ["required_checks"]
