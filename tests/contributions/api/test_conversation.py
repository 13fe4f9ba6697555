"""The conversation by API: said, edited, read page by page."""

import pytest
from rest_framework.test import APIClient

from contributions.actions.comment import comment
from contributions.actions.edit_comment import edit_comment
from contributions.models import Contribution
from hub.actions.create_token import create_token
from hub.models import User
from tests.contributions.stories import say_often
from tests.queries import assert_constant_queries


def by(api: APIClient, user: User, *scopes: str) -> APIClient:
    _, secret = create_token(user=user, name="laptop", scopes=list(scopes))
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return api


def url(contribution: Contribution, rest: str = "") -> str:
    return f"/api/v1/contributions/{contribution.pk}/{rest}"


def test_one_says_it_and_says_it_better(api: APIClient, brook: Contribution, sam: User) -> None:
    client = by(api, sam, "contribute")
    answer = client.post(url(brook, "comments/"), {"body": "Frist."}, format="json")
    assert answer.status_code == 201
    (said,) = client.get(url(brook, "comments/")).json()["results"]
    assert (said["author"], said["body"], said["edited_at"]) == ("sam", "Frist.", None)
    assert said["url"].endswith(
        f"/contributions/{brook.pk}/?at=comment-{said['id']}#comment-{said['id']}"
    )
    one = url(brook, f"comments/{said['id']}/")
    edited = client.patch(one, {"body": "First."}, format="json").json()
    assert edited["body"] == client.get(one).json()["body"] == "First."
    assert edited["edited_at"]
    (edit,) = client.get(f"{one}edits/").json()["results"]
    assert (edit["body"], edit["edited_by"]) == ("Frist.", "sam")


def test_nothing_new_and_nothing_at_all_are_refused(
    api: APIClient, brook: Contribution, sam: User
) -> None:
    said = comment(author=sam, contribution=brook, body="First.")
    client = by(api, sam, "contribute")
    one = url(brook, f"comments/{said.pk}/")
    answer = client.patch(one, {"body": "First."}, format="json")
    assert answer.json()["error"]["code"] == "unchanged"
    assert client.patch(one, {"body": " "}, format="json").status_code == 400
    assert client.patch(one, {}, format="json").status_code == 400


@pytest.mark.parametrize("scopes", [["review"], []])
def test_a_token_without_the_scope_edits_nothing(
    api: APIClient, brook: Contribution, sam: User, scopes: list[str]
) -> None:
    said = comment(author=sam, contribution=brook, body="First.")
    client = by(api, sam, *scopes)
    answer = client.patch(url(brook, f"comments/{said.pk}/"), {"body": "Last."}, format="json")
    assert answer.status_code == 403


def test_a_comment_of_another_contribution_is_not_found(
    api: APIClient, brook: Contribution, sam: User
) -> None:
    said = comment(author=sam, contribution=brook, body="First.")
    assert api.get(f"/api/v1/contributions/{brook.pk + 1}/comments/{said.pk}/").status_code == 404
    assert api.get(f"/api/v1/contributions/{brook.pk + 1}/timeline/").status_code == 404


def test_the_timeline_is_paged_and_the_answer_about_one_has_its_newest(
    api: APIClient, brook: Contribution, sam: User
) -> None:
    said = say_often(brook, sam, 105)
    detail = api.get(url(brook)).json()["timeline"]
    assert [event["comment"] for event in detail] == said[5:]
    page = api.get(url(brook, "timeline/?page_size=100")).json()
    assert page["results"][0]["verb"] == "submitted"
    rest = api.get(page["next"]).json()["results"]
    assert [event["comment"] for event in rest] == said[99:]
    assert rest[-1]["body"] == "Word 104 of many."


def test_queries_do_not_grow_with_what_was_said(
    api: APIClient, brook: Contribution, sam: User
) -> None:
    said = comment(author=sam, contribution=brook, body="0.")
    edit_comment(actor=sam, comment=said, body="1.")

    def more() -> None:
        for number in range(2, 6):
            comment(author=sam, contribution=brook, body=f"{number}.")
            edit_comment(actor=sam, comment=said, body=f"{number}.")

    for part in ("comments/", "timeline/", f"comments/{said.pk}/edits/"):
        assert assert_constant_queries(lambda: api.get(url(brook, part)), more) <= 3  # noqa: B023
        edit_comment(actor=sam, comment=said, body="1.")


def test_a_preview_names_and_cleans(api: APIClient, brook: Contribution, sam: User) -> None:
    client = by(api, sam, "contribute")
    text = f"**#{brook.pk}** <script>"
    html = client.post("/api/v1/contributions/preview/", {"text": text}, format="json").json()[
        "html"
    ]
    assert f'href="{brook.get_absolute_url()}"' in html
    assert "<script" not in html
    assert not brook.comments.exists()
