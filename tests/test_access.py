"""Deny by default: every address of the site, every method, every kind of visitor.

The table below says who gets through to what. An address that it does not name fails the test, and so
does every method that it does not name but that lets somebody in. To add a page: add its row.

"Gets through" means that the visitor was not turned away (401, 403, 405, or sent to sign in); what the
action then says about the request (a redirect, 400, 409) is its own business.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from contributions.models import Check, Contribution
from hub.actions.create_token import create_token
from hub.models import User
from tests.contributions.stories import submitted, variant_payload
from tests.factories import (
    make_board,
    make_checkpoint,
    make_dataset,
    make_recipe,
    make_run,
    make_score,
    make_variant,
)

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
Who = frozenset[str]
ANYBODY: Who = frozenset({"anonymous", "stranger", "author", "reviewer", "maintainer", "admin"})
SIGNED_IN: Who = ANYBODY - {"anonymous"}
AUTHOR: Who = frozenset({"author"})
# Of a contribution, a run or a token that the author made.
AUTHOR_OR_MAINTAINER: Who = frozenset({"author", "maintainer", "admin"})
MAINTAINER: Who = frozenset({"maintainer", "admin"})
REVIEWER: Who = MAINTAINER | {"reviewer"}
ADMIN: Who = frozenset({"admin"})
NOBODY: Who = frozenset()


@dataclass(frozen=True)
class Row:
    """Who gets through, by method; whatever is not named here lets nobody in.

    `address` names what the address needs (see `World`); `body` is sent with a POST that must get as
    far as the question who may; `loose` addresses are another package's: only refusals are checked.
    """

    get: Who = NOBODY
    post: Who = NOBODY
    address: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    may_be_missing: bool = False
    loose: bool = False

    def who(self, method: str) -> Who:
        return {"GET": self.get, "POST": self.post}.get(method, NOBODY)


VARIANT = {"owner": "owner", "name": "name"}
DATASET = {"owner": "owner", "name": "dataset"}
CONTRIBUTION = {"number": "contribution"}
CHECK = {"number": "contribution", "name": "check"}
RUN = {"pk": "run"}
BOARD = {"slug": "board"}
HEAD = {"head": 1}
WHY = {"why": "A reason."}
SAY = {"body": "A word."}
VERDICT = {**HEAD, "verdict": "request_changes", "body": "Please look again."}
READ = Row(get=ANYBODY)

TABLE: dict[str, Row] = {
    # --- hub: pages
    "front": READ,
    "search": READ,
    "variant_list": READ,
    "variant_detail": Row(get=ANYBODY, address=VARIANT),
    "dataset_list": READ,
    "dataset_detail": Row(get=ANYBODY, address=DATASET),
    "person_detail": Row(get=ANYBODY, address={"username": "person"}),
    "account_settings": Row(get=SIGNED_IN, post=SIGNED_IN),
    "token_create": Row(post=SIGNED_IN),
    "token_revoke": Row(post=AUTHOR, address={"pk": "token"}),
    "styleguide": Row(get=ANYBODY, may_be_missing=True),
    "healthz": READ,
    "readyz": READ,
    "robots": READ,
    # --- hub: API
    "api_schema": READ,
    "api_docs": READ,
    "api_root": READ,
    "api_me": Row(get=SIGNED_IN),
    "api_variant_list": READ,
    "api_variant_detail": Row(get=ANYBODY, address=VARIANT),
    "api_dataset_list": READ,
    "api_dataset_detail": Row(get=ANYBODY, address=DATASET),
    "api_checkpoint_list": READ,
    "api_checkpoint_detail": Row(get=ANYBODY, address={"pk": "checkpoint"}),
    # --- evaluations: pages
    "board_list": READ,
    "board_detail": Row(get=ANYBODY, address=BOARD),
    "board_version": Row(get=ANYBODY, address={**BOARD, "version": "version"}),
    "board_compare": Row(get=ANYBODY, address=BOARD),
    "board_export": Row(get=ANYBODY, address={**BOARD, "kind": "export"}),
    "benchmark_list": READ,
    "benchmark_detail": Row(get=ANYBODY, address={"slug": "benchmark"}),
    "recipe_detail": Row(get=ANYBODY, address={"digest": "recipe"}),
    "run_list": READ,
    "run_detail": Row(get=ANYBODY, address=RUN),
    "run_cancel": Row(post=AUTHOR_OR_MAINTAINER, address=RUN, body=WHY),
    "run_retry": Row(post=AUTHOR_OR_MAINTAINER, address=RUN),
    # --- evaluations: API
    "api_benchmark_list": READ,
    "api_benchmark_detail": Row(get=ANYBODY, address={"slug": "benchmark"}),
    "api_recipe_list": READ,
    "api_recipe_detail": Row(get=ANYBODY, address={"digest": "recipe"}),
    "api_run_list": Row(get=ANYBODY, post=SIGNED_IN),
    "api_run_detail": Row(get=ANYBODY, address=RUN),
    "api_run_cancel": Row(post=AUTHOR_OR_MAINTAINER, address=RUN, body=WHY),
    "api_run_retry": Row(post=AUTHOR_OR_MAINTAINER, address=RUN),
    "api_score_list": READ,
    "api_score_detail": Row(get=ANYBODY, address={"pk": "score"}),
    "api_score_raw": Row(get=ANYBODY, address={"pk": "score"}, may_be_missing=True),
    "api_board_list": READ,
    "api_board_detail": Row(get=ANYBODY, address=BOARD),
    "api_standing_list": Row(get=ANYBODY, address=BOARD),
    # --- contributions: pages
    "submit_variant": Row(get=SIGNED_IN, post=SIGNED_IN),
    "submit_dataset": Row(get=SIGNED_IN, post=SIGNED_IN),
    "contribution_list": READ,
    "contribution_detail": Row(get=ANYBODY, address=CONTRIBUTION),
    "contribution_revise": Row(get=AUTHOR, post=AUTHOR, address=CONTRIBUTION),
    "contribution_say": Row(post=SIGNED_IN, address=CONTRIBUTION, body=SAY),
    "contribution_merge": Row(post=MAINTAINER, address=CONTRIBUTION, body=HEAD),
    "contribution_close": Row(post=MAINTAINER, address=CONTRIBUTION, body=WHY),
    "contribution_withdraw": Row(post=AUTHOR, address=CONTRIBUTION, body=WHY),
    "contribution_rerun": Row(post=AUTHOR_OR_MAINTAINER, address=CHECK),
    # --- contributions: API
    "api_contribution_list": Row(get=ANYBODY, post=SIGNED_IN),
    "api_contribution_prefill": Row(post=SIGNED_IN),
    "api_contribution_detail": Row(get=ANYBODY, address=CONTRIBUTION),
    "api_contribution_versions": Row(
        post=AUTHOR,
        address=CONTRIBUTION,
        body={**HEAD, "payload": variant_payload("brooks/new", summary="Other words.")},
    ),
    "api_contribution_reviews": Row(post=REVIEWER, address=CONTRIBUTION, body=VERDICT),
    "api_contribution_comments": Row(post=SIGNED_IN, address=CONTRIBUTION, body=SAY),
    "api_contribution_merge": Row(post=MAINTAINER, address=CONTRIBUTION, body=HEAD),
    "api_contribution_close": Row(post=MAINTAINER, address=CONTRIBUTION, body=WHY),
    "api_contribution_withdraw": Row(post=AUTHOR, address=CONTRIBUTION, body=WHY),
    "api_check_rerun": Row(post=AUTHOR_OR_MAINTAINER, address=CHECK),
    # --- allauth: signing in is for everybody, the rest for whoever is signed in
    **dict.fromkeys(
        [
            "account_login",
            "account_logout",
            "account_signup",
            "account_inactive",
            "account_email_verification_sent",
            "account_confirm_email",
            "account_confirm_login_code",
            "account_reset_password",
            "account_reset_password_done",
            "account_reset_password_from_key",
            "account_reset_password_from_key_done",
            "mfa_authenticate",
        ],
        Row(
            get=ANYBODY,
            post=ANYBODY,
            address={"key": "word", "uidb36": "word"},
            may_be_missing=True,
            loose=True,
        ),
    ),
    **dict.fromkeys(
        [
            "account_reauthenticate",
            "account_email",
            "account_change_password",
            "account_set_password",
            "mfa_index",
            "mfa_reauthenticate",
            "mfa_activate_totp",
            "mfa_deactivate_totp",
            "mfa_view_recovery_codes",
            "mfa_generate_recovery_codes",
            "mfa_download_recovery_codes",
        ],
        Row(get=SIGNED_IN, post=SIGNED_IN, may_be_missing=True, loose=True),
    ),
}
MIRROR = Row(
    get=ANYBODY,
    address={**VARIANT, "revision": "word", "path": "word"},
    may_be_missing=True,
    # It tells Hugging Face's client of a repository that is not there by 401, as the Hub does.
    loose=True,
)
# By the beginning of the name: what has one rule for all of it.
FAMILIES: dict[str, Row] = {
    # Reading, although huggingface_hub asks with POST.
    "mirror:model_paths_info": Row(**{**vars(MIRROR), "post": ANYBODY, "get": ANYBODY}),
    "mirror:dataset_paths_info": Row(**{**vars(MIRROR), "post": ANYBODY, "get": ANYBODY}),
    "mirror:": MIRROR,
    "admin:login": Row(get=ANYBODY, post=ANYBODY, loose=True),
    "admin:logout": Row(get=ANYBODY, post=ANYBODY, loose=True),
    "admin:": Row(
        get=ADMIN,
        post=ADMIN,
        address={
            "object_id": "person_pk",
            "id": "person_pk",
            "app_label": "app",
            "content_type_id": "person_pk",
            "url": "word",
        },
        may_be_missing=True,
        loose=True,
    ),
}


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
    return {
        "owner": "owner",
        "name": "name",
        "dataset": "dataset",
        "person": "ann",
        "person_pk": ann.pk,
        "app": "hub",
        "token": create_token(user=ann, name="laptop", scopes=[])[0].pk,
        "checkpoint": checkpoint.pk,
        "board": board.slug,
        "version": board.version,
        "export": "csv",
        "benchmark": recipe.benchmark_version.benchmark.slug,
        "recipe": recipe.digest,
        "run": make_run(requested_by=ann).pk,
        "score": score.pk,
        "contribution": contribution.pk,
        "check": check.name,
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
        return call()
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
