"""What contributions put on the hub's pages."""

from django.test import Client

from contributions.actions.merge import merge
from contributions.actions.review import review
from contributions.models import Contribution
from hub.models import User
from tests.contributions.stories import approved, submitted
from tests.queries import assert_constant_queries


def test_the_front_shows_what_waits_and_what_was_merged(
    client: Client, brook: Contribution, sam: User, ben: User, cleo: User
) -> None:
    page = client.get("/").content.decode()
    assert "Contributions waiting for review" in page
    assert brook.get_absolute_url() in page
    assert "Recently merged" not in page
    merge(actor=cleo, contribution=approved(brook, ben), head=1)
    page = client.get("/").content.decode()
    assert "Nothing waits." in page
    assert "Recently merged" in page


def test_what_waits_for_its_author_is_not_waiting_for_review(
    client: Client, brook: Contribution, ben: User
) -> None:
    review(reviewer=ben, contribution=brook, head=1, verdict="request_changes", body="No.")
    assert brook.get_absolute_url() not in client.get("/").content.decode()


def test_a_variant_names_the_contribution_that_made_it(
    client: Client, brook: Contribution, ben: User, cleo: User
) -> None:
    merge(actor=cleo, contribution=approved(brook, ben), head=1)
    assert brook.get_absolute_url() in client.get("/variants/headwaters/brook/").content.decode()


def test_a_persons_page_shows_what_they_did(
    client: Client, brook: Contribution, ben: User, cleo: User
) -> None:
    merge(actor=cleo, contribution=approved(brook, ben), head=1)
    for person, heading in (("ann", "Contributed"), ("ben", "Reviewed"), ("cleo", "Merged")):
        page = client.get(f"/people/{person}/").content.decode()
        assert f">{heading}</h2>" in page
        assert brook.get_absolute_url() in page


def test_search_finds_by_name_and_number(client: Client, brook: Contribution) -> None:
    for query in ("WATERS/bro", str(brook.number), f"%23{brook.number}"):
        page = client.get(f"/search/?q={query}").content.decode()
        assert brook.get_absolute_url() in page
    assert "found-contributions" not in client.get(f"/search/?q={10**30}").content.decode()


def test_queries_of_the_front_do_not_grow(client: Client, ann: User) -> None:
    submitted(ann, "headwaters/brook-0")

    def more() -> None:
        for number in range(1, 4):
            submitted(ann, f"headwaters/brook-{number}")

    assert_constant_queries(lambda: client.get("/"), more)
