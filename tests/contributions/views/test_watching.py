"""The watch buttons: three states for a contribution, two for an entry, with and without htmx."""

import pytest
from django.test import Client

from contributions.models import Watch
from contributions.watching import Watchable, attention_of, field_of
from hub.models import User
from tests.conftest import signed_in
from tests.contributions.stories import submitted
from tests.factories import make_dataset, make_variant

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["contribution", "variant", "dataset"])
def test_a_thing_is_watched_and_left_again(kind: str, ann: User, sam: User) -> None:
    made: dict[str, Watchable] = {
        "contribution": submitted(ann),
        "variant": make_variant(),
        "dataset": make_dataset(),
    }
    thing = made[kind]
    client, path = signed_in(sam), thing.get_absolute_url()
    assert 'value="watching"' in client.get(path).content.decode()
    for attention in ("watching", "watching", "not_watching", "not_watching"):
        response = client.post(f"{path}watch/", {"attention": attention})
        assert (response.status_code, response["Location"]) == (302, path)
        assert attention_of(thing, sam) == attention
    assert field_of(thing) == kind
    assert not Watch.objects.filter(person=sam).exists()


def test_only_a_contribution_can_be_muted(ann: User, sam: User) -> None:
    client, contribution, variant = signed_in(sam), submitted(ann), make_variant()
    client.post(f"{contribution.get_absolute_url()}watch/", {"attention": "muted"})
    assert attention_of(contribution, sam) == "muted"
    for thing, word in ((variant, "muted"), (contribution, "loud"), (contribution, "")):
        answer = client.post(f"{thing.get_absolute_url()}watch/", {"attention": word})
        assert answer.status_code == 422
    assert attention_of(contribution, sam) == "muted"


def test_htmx_gets_the_section_alone(ann: User, sam: User) -> None:
    path = f"{submitted(ann).get_absolute_url()}watch/"
    answer = signed_in(sam).post(path, {"attention": "muted"}, headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert (answer.status_code, html.lstrip().startswith('<section id="watch"')) == (200, True)
    assert 'value="muted" aria-pressed="true"' in html


def test_without_an_account_nothing_is_offered(ann: User, client: Client) -> None:
    contribution = submitted(ann)
    html = client.get(contribution.get_absolute_url()).content.decode()
    assert "1 person watches this" in " ".join(html.split())
    assert 'name="attention"' not in html
    answer = client.post(f"{contribution.get_absolute_url()}watch/", {"attention": "watching"})
    assert "login/" in answer["Location"]
