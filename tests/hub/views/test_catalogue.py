"""The catalogue's pages, as anybody sees them."""

import pytest
from django.test import Client

from hub.models import CardRevision, ModelVariant, User
from tests.factories import make_checkpoint, make_dataset, make_variant
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db


def text_of(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def distilled(ann: User) -> ModelVariant:
    base = make_variant("Qwen/Qwen2.5-7B", parameters=7_600_000_000)
    variant = make_variant("river/small", relation="distillation", summary="Smaller & good.")
    variant.parent_edges.create(parent=base, parent_name=base.full_name, relation="distillation")
    variant.parent_edges.create(parent_name="far/Away", relation="merge")
    child = make_variant("kiwi/Q4", relation="quantized")
    variant.child_edges.create(child=child, parent_name=variant.full_name, relation="quantized")
    make_checkpoint(variant)
    CardRevision.objects.create(
        variant=variant,
        number=1,
        text="---\nlicense: mit\n---\n# What it is\n<script>alert(1)</script>",
        published_by=ann,
    )
    return variant


def test_a_variant_says_what_it_descends_from(client: Client, ann: User) -> None:
    distilled(ann)
    page = text_of(client, "/variants/river/small/")
    assert 'Distilled from <a href="/variants/Qwen/Qwen2.5-7B/">Qwen/Qwen2.5-7B</a>' in page
    assert "merged from far/Away" in page
    assert "not on the hub yet" in page
    assert "/variants/kiwi/Q4/" in page
    assert "<svg class=" in page


def test_a_card_is_shown_without_what_it_could_do(client: Client, ann: User) -> None:
    distilled(ann)
    page = text_of(client, "/variants/river/small/")
    assert "<h3>What it is</h3>" in page
    assert "<script>alert" not in page
    assert "license: mit" not in page


def test_a_base_model_says_that_it_is_one(client: Client) -> None:
    make_variant("Qwen/base")
    assert "A base model: no parents are recorded." in text_of(client, "/variants/Qwen/base/")


def test_what_is_unknown_is_said(client: Client) -> None:
    make_variant("a/b", licence="", architecture="", parameters=None)
    page = text_of(client, "/variants/a/b/")
    assert page.count('class="unknown"') == 4


@pytest.mark.parametrize("kind", ["variants", "datasets"])
def test_an_address_in_other_capitals_leads_to_the_entry(client: Client, kind: str) -> None:
    (make_variant if kind == "variants" else make_dataset)("DeepSeek/R1")
    answer = client.get(f"/{kind}/deepseek/r1/?a=b")
    assert answer.status_code == 301
    assert answer["Location"] == f"/{kind}/DeepSeek/R1/?a=b"


def test_a_loop_in_the_lineage_ends(client: Client) -> None:
    one, two = make_variant("a/one"), make_variant("a/two")
    one.parent_edges.create(parent=two, parent_name="a/two", relation="merge")
    two.parent_edges.create(parent=one, parent_name="a/one", relation="merge")
    assert "a/two" in text_of(client, "/variants/a/one/")


def test_a_long_line_of_children_is_cut_and_leads_on(client: Client) -> None:
    base = make_variant("a/base")
    for number in range(11):
        child = make_variant(f"b/child-{number}")
        child.parent_edges.create(parent=base, parent_name="a/base", relation="finetune")
    page = text_of(client, "/variants/a/base/")
    assert "3 more" in page
    assert "/variants/?parent=a/base" in page


def test_a_dataset_leads_to_what_was_made_with_it(client: Client) -> None:
    dataset = make_dataset("open/Thoughts", size="1.2 M conversations")
    variant = make_variant("river/small")
    variant.parent_edges.create(
        parent_dataset=dataset, parent_name="open/Thoughts", relation="trained_on"
    )
    page = text_of(client, "/datasets/open/Thoughts/")
    assert "1.2 M conversations" in page
    assert "/variants/river/small/" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"brook", "river"}),
        ("?q=bro", {"brook"}),
        ("?owner=b", {"river"}),
        ("?licence=mit", {"river"}),
        ("?size=over-40b", set()),
        ("?state=retired", {"gone"}),
        ("?relation=nonsense", {"brook", "river"}),
        ("?ordering=password&cursor=old", {"brook", "river"}),
    ],
)
def test_the_address_holds_the_whole_state_of_the_list(
    client: Client, query: str, shown: set[str]
) -> None:
    make_variant("a/brook")
    make_variant("b/river", licence="mit")
    make_variant("c/gone", state="retired")
    page = text_of(client, f"/variants/{query}")
    assert {name for name in ("brook", "river", "gone") if f"/{name}/" in page} == shown


def test_a_filter_that_makes_no_sense_is_named_and_left_out(client: Client) -> None:
    assert "This filter is left out" in text_of(client, "/variants/?size=huge")


def test_lists_are_paged_and_keep_their_state(client: Client) -> None:
    for _ in range(51):
        make_variant(licence="mit")
    page = client.get("/variants/?licence=mit&ordering=name")
    listing = page.context["listing"]
    assert len(listing.rows) == 50
    assert "licence=mit" in listing.next_url
    assert "ordering=name" in listing.next_url
    second = client.get(f"/variants/{listing.next_url}").context["listing"]
    assert (len(second.rows), second.next_url) == (1, "")
    assert second.previous_url


def test_htmx_gets_the_results_alone(client: Client) -> None:
    make_variant("a/brook")
    headers = {"HX-Request": "true"}
    piece = text_of(client, "/variants/", **headers)
    assert piece.lstrip().startswith('<div id="results">')
    assert "<html" in text_of(client, "/variants/", **headers, **{"HX-Boosted": "true"})


@pytest.mark.parametrize("kind", ["variants", "datasets"])
def test_an_empty_list_has_a_way_on(client: Client, kind: str) -> None:
    assert "Nothing here yet" in text_of(client, f"/{kind}/")
    assert "Clear the filters" in text_of(client, f"/{kind}/?q=x")


@pytest.mark.parametrize("path", ["/variants/", "/datasets/", "/search/?q=headwaters", "/"])
def test_a_longer_list_asks_no_more(client: Client, path: str) -> None:
    def more() -> None:
        for _ in range(5):
            make_variant()
            make_dataset()

    more()
    assert_constant_queries(lambda: client.get(path), more)


def test_a_larger_family_asks_no_more(client: Client, ann: User) -> None:
    variant = distilled(ann)

    def more() -> None:
        for _ in range(3):
            parent, child = make_variant(), make_variant()
            variant.parent_edges.create(
                parent=parent, parent_name=parent.full_name, relation="merge"
            )
            variant.child_edges.create(child=child, parent_name="river/small", relation="merge")
            make_checkpoint(variant)

    assert_constant_queries(lambda: client.get("/variants/river/small/"), more)
