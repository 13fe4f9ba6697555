"""Other apps put their part on the hub's pages by registering it."""

from collections import defaultdict

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.test import RequestFactory

from hub import panels


def first(request: HttpRequest, thing: object) -> panels.Filled | None:
    return "_empty.html", {"title": f"first of {thing}"}


def second(request: HttpRequest, thing: object) -> panels.Filled | None:
    return "_empty.html", {"title": "second"}


def silent(request: HttpRequest, thing: object) -> panels.Filled | None:
    return None


@pytest.fixture(autouse=True)
def no_panels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "_providers", defaultdict(list))


def test_panels_come_in_their_order_and_silent_ones_not_at_all(rf: RequestFactory) -> None:
    panels.register("variant", second, order=20)
    panels.register("variant", silent, order=15)
    panels.register("variant", first, order=10)
    panels.register("variant", first, order=10)
    shown = panels.at("variant", rf.get("/"), "a thing")
    assert [panel.context["title"] for panel in shown] == ["first of a thing", "second"]


def test_a_place_that_no_page_has_is_refused_at_the_start() -> None:
    with pytest.raises(ImproperlyConfigured, match="cellar"):
        panels.register("cellar", first)
