"""What a text names leads there: case does not matter, old names work, code and links are left alone."""

import pytest

from contributions.linking import MOST, read_links, things_in
from contributions.mentions import mentioned, names_in
from contributions.models import Contribution
from hub.markdown import render
from hub.models import User
from hub.models.former_name import FormerName
from tests.factories import make_dataset, make_run, make_user, make_variant
from tests.queries import count_queries


def linked(text: str) -> str:
    return str(render(text, read_links([text])))


def test_everything_that_exists_becomes_a_link(brook: Contribution, sam: User) -> None:
    variant, dataset, run = make_variant("river/Brook"), make_dataset("river/pool"), make_run()
    page = linked(
        f"@Sam look at #{brook.pk}, RIVER/brook. River/Pool and run {run.pk}, Run #{run.pk}!"
    )
    for thing in (sam, brook, variant, dataset, run):
        assert f'href="{thing.get_absolute_url()}"' in page
    assert page.count("<a ") == 6
    assert ">RIVER/brook</a>. <a" in page
    assert 'title="Add headwaters/brook (open)"' in page


def test_what_does_not_exist_stays_text(brook: Contribution) -> None:
    text = f"@nobody #{brook.pk + 1} no/where run 999999 and/or either/or #{10**17}"
    assert "<a" not in linked(text)
    assert things_in(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "`@sam`",
        "```\n@sam\n```",
        "    @sam",
        "[@sam](https://example.org/)",
        "![@sam](https://example.org/x.png)",
        "<https://example.org/@sam>",
        "https://example.org/@sam",
        "post@sam",
        "@sam/thing",
        "@sammy",
        "@sam@example.org",
    ],
)
def test_nobody_is_named_in_code_links_or_addresses(sam: User, text: str) -> None:
    assert f'href="{sam.get_absolute_url()}"' not in linked(text)
    assert mentioned(text) == []


@pytest.mark.parametrize(
    "text", ["@sam", "(@SAM)", "**@sam**", "@sam: hello", "@sam's", "- @sam\n> @sam", "`x`@sam"]
)
def test_people_are_named_as_people_write(sam: User, text: str) -> None:
    assert f'href="{sam.get_absolute_url()}"' in linked(text)
    assert mentioned(text) == [sam]


def test_who_left_is_not_named(db: None) -> None:
    make_user("gone", is_active=False)
    assert "<a" not in linked("@gone")
    assert mentioned("@gone") == []


def test_a_text_rings_only_so_many_bells() -> None:
    assert len(names_in(" ".join(f"@p{number}" for number in range(100)))) == 20


def test_a_former_name_leads_to_the_entry(db: None) -> None:
    variant, dataset = make_variant("river/new"), make_dataset("river/wet")
    FormerName.objects.create(owner="Old", name="Name", variant=variant)
    FormerName.objects.create(owner="old", name="set", dataset=dataset)
    assert things_in("old/name, OLD/SET and old/gone") == [variant, dataset]


def test_a_dataset_that_shares_a_variant_s_name_can_be_meant(db: None) -> None:
    variant, dataset = make_variant("river/same"), make_dataset("river/same")
    assert things_in("river/same") == [variant]
    assert things_in("datasets/river/same") == [dataset]
    assert things_in("dataset: river/same") == [dataset]


def test_a_path_is_no_entry(db: None) -> None:
    make_variant("river/brook")
    assert things_in("see river/brook/config.json and src/river/brook") == []


def test_the_number_of_queries_does_not_grow_with_what_is_named(
    brook: Contribution, sam: User
) -> None:
    few = [f"@sam #{brook.pk} run 1 river/one"]
    names = [f"@p{number} #{number} run {number} river/v{number}" for number in range(2 * MOST)]
    assert count_queries(lambda: read_links(few)) == 7
    assert count_queries(lambda: read_links(names)) == 7
    assert count_queries(lambda: read_links(["Nothing is named here."])) == 0
