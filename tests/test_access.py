"""Deny by default: every address of the site, every method, every kind of visitor.

The table (tests/access.py) says who gets through to what. An address that it does not name fails the
test, and so does every method that it does not name but that lets somebody in.

"Gets through" means that the visitor was not turned away (401, 403, 405, or sent to sign in); what the
action then says about the request (a redirect, 400, 409) is its own business.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from contributions.actions.assign import assign
from contributions.actions.comment import comment
from contributions.actions.open_thread import open_thread
from contributions.actions.report_abuse import report_abuse
from contributions.mail import unsubscribe_token
from contributions.models import Check, Contribution, Draft
from evaluations.models import Worker
from hub.actions.add_origin_token import add_origin_token
from hub.actions.create_token import create_token
from hub.models import User, WorkingGroup
from tests.access import ANYBODY, FAMILIES, HEAD, TABLE, VERDICT, WHY, Row
from tests.contributions.hearing import make_ping, make_webhook
from tests.contributions.moderating import held_comment
from tests.contributions.stories import submitted
from tests.evaluations.claiming import make_claim
from tests.evaluations.lm_eval_files import make_upload
from tests.evaluations.rescorings import told
from tests.factories import (
    make_board,
    make_checkpoint,
    make_dataset,
    make_recipe,
    make_run,
    make_scope,
    make_score,
    make_variant,
)

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def rows_of(name: str) -> Row | None:
    if name in TABLE:
        return TABLE[name]
    return next((row for start, row in FAMILIES.items() if name.startswith(start)), None)


def every_pattern(
    patterns: list[Any] | None = None, namespace: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = ":".join(filter(None, [namespace, pattern.namespace]))
            yield from every_pattern(pattern.url_patterns, inner)
        else:
            yield f"{namespace}:{pattern.name}" if namespace else str(pattern.name), pattern


def test_the_table_names_every_address() -> None:
    missing = sorted({name for name, _ in every_pattern() if rows_of(name) is None})
    assert missing == [], "say in TABLE who may do what there"


def test_the_table_names_no_address_that_is_gone() -> None:
    optional = {"board_compare", "board_export"}
    names = {name for name, _ in every_pattern()}
    assert sorted(set(TABLE) - names - optional) == []


@pytest.fixture
def world(ann: User, ben: User, cleo: User, dora: User, sam: User) -> dict[str, object]:
    """One of everything, made by Ann where somebody made it."""
    variant = make_variant("owner/name")
    make_dataset("owner/dataset")
    checkpoint = make_checkpoint(variant)
    recipe = make_recipe()
    board = make_board("board", [recipe])
    score = make_score(checkpoint, recipe, 0.5)
    contribution = submitted(ann, "brooks/new")
    check = Check.objects.filter(version__contribution=contribution).first()
    assert check is not None
    assign(actor=ann, contribution=contribution, reviewer=ben)
    thread = open_thread(
        author=ann, contribution=contribution, head=1, field="licence", body="Is it?"
    )
    scope = make_scope(WorkingGroup.objects.get(slug="data"), ben)
    webhook = make_webhook(ann)
    return {
        "webhook": webhook.pk,
        "delivery": make_ping(webhook, state="failed").pk,
        "mail_token": unsubscribe_token(ann),
        "thread": thread.pk,
        "group": scope.group.slug,
        "scope": scope.pk,
        "owner": "owner",
        "name": "name",
        "dataset": "dataset",
        "person": "ann",
        "person_pk": ann.pk,
        "app": "hub",
        "token": create_token(user=ann, name="laptop", scopes=[])[0].pk,
        "origin_token": add_origin_token(
            person=ann, label="Mine", scope="", secret="hf_abcdefgh"
        ).pk,
        "checkpoint": checkpoint.pk,
        "board": board.slug,
        "kind": "add-variant",
        "draft": Draft.objects.create(owner=ann, path="/submit/add-variant/", typed="").pk,
        "version": board.version,
        "export": "csv",
        "benchmark": recipe.benchmark_version.benchmark.slug,
        "recipe": recipe.digest,
        "run": make_run(requested_by=ann).pk,
        "score": score.pk,
        "claim": make_claim(variant).pk,
        "worker": Worker.objects.create(name="w@here/1", host="here", queues=["cpu"]).pk,
        "upload": make_upload(checkpoint, ann).pk,
        "rescoring": told(ann, recipe, score, state="running", report={}).pk,
        "upload_file": "results.json",
        "hold": held_comment(ann, contribution).pk,
        "abuse_report": report_abuse(reporter=ann, why="Look.", person=sam).pk,
        "contribution": contribution.pk,
        "check": check.name,
        "position": 0,
        "comment": comment(author=ann, contribution=contribution, body="Before.").pk,
        "word": "word",
    }


def address_of(name: str, pattern: URLPattern, row: Row, world: dict[str, object]) -> str:
    wanted = pattern.pattern.regex.groupindex
    kwargs = {key: world[row.address[key]] for key in wanted if key in row.address}
    extra = pattern.default_args
    try:
        return reverse(name, kwargs={**kwargs, **extra})
    except NoReverseMatch:
        return reverse(name, kwargs=kwargs)


def was_turned_away(response: HttpResponseBase) -> bool:
    # 501: what a Hugging Face client must be told by the mirror, which takes no writes.
    if response.status_code in {401, 403, 405, 501}:
        return True
    location = response.get("Location", "")
    return response.status_code == 302 and "login/" in location


def undone(call: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """What it answers, with the database as it was before."""
    point = transaction.savepoint()
    try:
        response = call()
        if response.streaming:
            # The file behind it is closed at its end.
            b"".join(response)
        return response
    finally:
        transaction.savepoint_rollback(point)


@pytest.mark.parametrize("role", sorted(ANYBODY))
def test_everybody_gets_through_to_what_the_table_says_and_to_nothing_else(
    role: str, world: dict[str, object], request: pytest.FixtureRequest
) -> None:
    cast = {"stranger": "sam", "author": "ann", "reviewer": "ben", "maintainer": "cleo"}
    cast["admin"] = "dora"
    client = Client()
    if role != "anonymous":
        client.force_login(request.getfixturevalue(cast[role]))
    cookies = dict(client.cookies)
    wrong = []
    for name, pattern in every_pattern():
        row = rows_of(name)
        if row is None or pattern.name is None:
            continue  # the first is another test's; unnamed are the admin's redirects to named pages
        path = address_of(name, pattern, row, world)
        for method in METHODS:
            cache.clear()  # so many requests would be throttled
            client.cookies.update(cookies)  # one of the addresses signs out
            response = undone(lambda: send(client, method, path, row))  # noqa: B023 called at once
            if problem := judge(role, method, row, response):
                wrong.append(f"{method} {name} ({path}): {problem}")
    assert wrong == []


def send(client: Client, method: str, path: str, row: Row) -> HttpResponseBase:
    if path.startswith(("/api/", "/mirror/")):
        return client.generic(method, path, *encoded(row.body))
    return getattr(client, method.lower())(path, row.body if method == "POST" else None)  # type: ignore[no-any-return]


def encoded(body: dict[str, Any]) -> tuple[bytes, str]:
    return json.dumps(body).encode(), "application/json"


def judge(role: str, method: str, row: Row, response: HttpResponseBase) -> str:
    """What is wrong with this answer; empty when nothing is."""
    away, status = was_turned_away(response), response.status_code
    if role not in row.who(method):
        if away or status == 404 or (row.loose and method not in {"GET", "POST"}):
            return ""
        return f"got through with {status}"
    if row.loose:
        return ""
    if away:
        return f"was turned away with {status}"
    if status == 404 and not row.may_be_missing:
        return "was not found"
    return f"broke with {status}" if status >= 500 else ""


def test_a_token_lets_nobody_further_than_its_person(world: dict[str, object], sam: User) -> None:
    contribution = Contribution.objects.get()
    _, secret = create_token(user=sam, name="all", scopes=["contribute", "review", "evaluate"])
    bearer = {"Authorization": f"Bearer {secret}"}
    for verb, body in {"merge": HEAD, "close": WHY, "withdraw": WHY, "reviews": VERDICT}.items():
        path = f"/api/v1/contributions/{contribution.pk}/{verb}/"
        response = Client().post(path, body, "application/json", headers=bearer)
        assert response.status_code == 403, verb
    assert Contribution.objects.get().state == "open"
