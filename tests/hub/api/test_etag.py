"""Whoever shows the ETag they have gets 304."""

from django.http import HttpResponse, JsonResponse
from django.test import RequestFactory

from hub.api.etag import conditional, etag_of


def make() -> HttpResponse:
    return JsonResponse({"rows": []})


def test_the_same_version_is_304_without_a_body(rf: RequestFactory) -> None:
    etag = etag_of("board", 3)
    first = conditional(rf.get("/"), etag, make)
    again = conditional(rf.get("/", headers={"If-None-Match": first["ETag"]}), etag, make)
    assert isinstance(again, HttpResponse)
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again["ETag"] == etag


def test_another_version_is_sent_whole(rf: RequestFactory) -> None:
    request = rf.get("/", headers={"If-None-Match": etag_of("board", 3)})
    assert conditional(request, etag_of("board", 4), make).status_code == 200


def test_parts_do_not_run_into_each_other() -> None:
    assert etag_of("ab", "c") != etag_of("a", "bc")


def test_caches_ask_again_unless_told_otherwise(rf: RequestFactory) -> None:
    assert conditional(rf.get("/"), etag_of(1), make)["Cache-Control"] == "no-cache"
    assert (
        conditional(rf.get("/"), etag_of(1), make, age=30)["Cache-Control"] == "public, max-age=30"
    )
