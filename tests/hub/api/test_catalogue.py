"""The catalogue over the API: exact shapes, filters, orders, and a cost that does not grow."""

from typing import Any

import pytest
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from hub.models import CardRevision, LineageEdge, ModelVariant, User
from tests.factories import make_checkpoint, make_dataset, make_manifest, make_variant
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db
SITE = "http://testserver"


def whole_variant(ann: User) -> ModelVariant:
    base = make_variant("Qwen/Qwen2.5-7B")
    data = make_dataset("open/Thoughts")
    variant = make_variant(
        "river/Qwen-7B-distilled",
        relation="distillation",
        summary="Smaller, and nearly as good.",
        tags=["reasoning"],
    )
    edges = variant.parent_edges
    edges.create(parent=base, parent_name="Qwen/Qwen2.5-7B", relation="distillation")
    edges.create(parent_dataset=data, parent_name="open/Thoughts", relation="trained_on")
    edges.create(parent_name="nobody/Unknown", relation="merge", parent_commit="abc")
    child = make_variant("kiwi/Q4")
    LineageEdge.objects.create(
        child=child, parent=variant, parent_name=variant.full_name, relation="quantized"
    )
    make_checkpoint(variant, make_manifest("river"))
    for number in (1, 2):
        CardRevision.objects.create(
            variant=variant,
            number=number,
            text=f"---\nlicense: mit\n---\nText {number}",
            metadata={"license": "mit"},
            published_by=ann,
        )
    return variant


def timeless(value: Any) -> Any:
    """The same with every moment as "moment" and every row number as 0, so that it can be compared."""
    if isinstance(value, dict):
        return {key: 0 if key == "id" else timeless(part) for key, part in value.items()}
    if isinstance(value, list):
        return [timeless(part) for part in value]
    if isinstance(value, str) and value[:2] == "20" and parse_datetime(value):
        return "moment"
    return value


def test_a_variant_with_all_that_belongs_to_it(api: APIClient, ann: User) -> None:
    whole_variant(ann)
    manifest = make_manifest("river")
    answer = api.get("/api/v1/variants/river/Qwen-7B-distilled/")
    assert timeless(answer.json()) == {
        "owner": "river",
        "name": "Qwen-7B-distilled",
        "full_name": "river/Qwen-7B-distilled",
        "repo_id": "river/Qwen-7B-distilled",
        "state": "published",
        "licence": "apache-2.0",
        "licence_name": "",
        "summary": "Smaller, and nearly as good.",
        "tags": ["reasoning"],
        "parameters": 482_000,
        "architecture": "LlamaForCausalLM",
        "relation": "distillation",
        "created_at": "moment",
        "updated_at": "moment",
        "url": f"{SITE}/api/v1/variants/river/Qwen-7B-distilled/",
        "page": f"{SITE}/variants/river/Qwen-7B-distilled/",
        "origin": {"state": "", "commit": "", "seen_at": None, "changes": []},
        "disputes": [],
        "inherited_disputes": [],
        "parents": [
            {
                "name": "Qwen/Qwen2.5-7B",
                "kind": "variant",
                "relation": "distillation",
                "evidence": "declared",
                "parent_commit": "",
                "url": f"{SITE}/api/v1/variants/Qwen/Qwen2.5-7B/",
            },
            {
                "name": "open/Thoughts",
                "kind": "dataset",
                "relation": "trained_on",
                "evidence": "declared",
                "parent_commit": "",
                "url": f"{SITE}/api/v1/datasets/open/Thoughts/",
            },
            {
                "name": "nobody/Unknown",
                "kind": "",
                "relation": "merge",
                "evidence": "declared",
                "parent_commit": "abc",
                "url": None,
            },
        ],
        "children": [
            {
                "name": "kiwi/Q4",
                "relation": "quantized",
                "evidence": "declared",
                "parent_commit": "",
                "url": f"{SITE}/api/v1/variants/kiwi/Q4/",
            }
        ],
        "checkpoints": [
            {
                "id": 0,
                "variant": "river/Qwen-7B-distilled",
                "base": None,
                "commit": manifest.commit,
                "digest": manifest.digest,
                "weights_digest": manifest.weights_digest,
                "size": manifest.size,
                "dtype": "float32",
                "parameters": 482_000,
                "created_at": "moment",
            }
        ],
        "card": {
            "number": 2,
            "published_by": "ann",
            "published_at": "moment",
            "metadata": {"license": "mit"},
            "text": "---\nlicense: mit\n---\nText 2",
        },
        "revisions": [
            {"number": 2, "published_by": "ann", "published_at": "moment"},
            {"number": 1, "published_by": "ann", "published_at": "moment"},
        ],
    }


def test_a_dataset_names_what_was_made_with_it(api: APIClient, ann: User) -> None:
    whole_variant(ann)
    answer = timeless(api.get("/api/v1/datasets/OPEN/thoughts/").json())
    assert [child["name"] for child in answer["children"]] == ["river/Qwen-7B-distilled"]
    assert (answer["purpose"], answer["size"], answer["card"]) == ("training", "", None)


def test_a_checkpoint_lists_its_files(api: APIClient) -> None:
    checkpoint = make_checkpoint()
    answer = api.get(f"/api/v1/checkpoints/{checkpoint.pk}/").json()
    assert [file["path"] for file in answer["files"]] == ["config.json", "model.safetensors"]
    rows = api.get(f"/api/v1/checkpoints/?digest={checkpoint.digest}").json()["results"]
    assert [row["id"] for row in rows] == [checkpoint.pk]
    assert "files" not in rows[0]


def test_an_entry_that_is_not_there_is_404(api: APIClient) -> None:
    assert api.get("/api/v1/variants/no/body/").status_code == 404
    assert api.get("/api/v1/variants/no/%00/").status_code == 404
    assert api.get("/api/v1/checkpoints/99999999/").status_code == 404


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=brook", ["brook-small"]),
        ("q=headwaters/riv", ["river-big"]),
        ("owner=HEADWATERS", ["river-big", "brook-small"]),
        ("licence=mit", ["river-big"]),
        ("size=under-1b", ["brook-small"]),
        ("size=over-40b", ["river-big"]),
        ("relation=merge", ["river-big"]),
        ("parameters_min=1000000", ["river-big"]),
        ("tag=calm", ["brook-small"]),
        ("parent=Base/One", ["brook-small"]),
        ("state=retired", ["gone"]),
        ("architecture=qwen2forcausallm", ["river-big"]),
        ("q=nothing-like-it", []),
    ],
)
def test_each_filter_narrows(api: APIClient, query: str, names: list[str]) -> None:
    brook = make_variant("headwaters/brook-small", parameters=10**6 - 1, tags=["calm"])
    brook.parent_edges.create(parent_name="base/one", relation="merge")
    make_variant(
        "headwaters/river-big",
        parameters=70 * 10**9,
        licence="mit",
        relation="merge",
        architecture="Qwen2ForCausalLM",
    )
    make_variant("delta/gone", state="retired")
    found = api.get(f"/api/v1/variants/?{query}").json()["results"]
    assert [variant["name"] for variant in found] == names


def test_pages_lead_on_and_back(api: APIClient) -> None:
    for number in range(5):
        make_variant(f"owner/v{number}")
    first = api.get("/api/v1/variants/?ordering=name&page_size=2").json()
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()
    names = [row["name"] for page in (first, second, third) for row in page["results"]]
    assert names == ["v0", "v1", "v2", "v3", "v4"]
    assert (first["previous"], third["next"]) == (None, None)
    assert api.get(third["previous"]).json()["results"] == second["results"]
    assert "ordering=name" in first["next"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("ordering=password", "ordering"),
        ("cursor=nonsense", "cursor"),
        ("page_size=101", "page_size"),
        ("page_size=0", "page_size"),
        ("page_size=many", "page_size"),
        ("size=huge", "size"),
        ("relation=cousin", "relation"),
        ("q=%00", "q"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_named(api: APIClient, query: str, field: str) -> None:
    answer = api.get(f"/api/v1/variants/?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]


def test_unknown_sizes_come_last_both_ways(api: APIClient) -> None:
    make_variant("o/unknown", parameters=None)
    make_variant("o/small", parameters=1)
    make_variant("o/large", parameters=2)
    for ordering, names in {
        "parameters": ["small", "large", "unknown"],
        "-parameters": ["large", "small", "unknown"],
    }.items():
        rows = api.get(f"/api/v1/variants/?ordering={ordering}").json()["results"]
        assert [row["name"] for row in rows] == names


@pytest.mark.parametrize("kind", ["variants", "datasets", "checkpoints"])
def test_a_longer_list_asks_no_more(api: APIClient, kind: str) -> None:
    def more() -> None:
        for _ in range(5):
            make_dataset()
            make_checkpoint()

    more()
    assert_constant_queries(lambda: api.get(f"/api/v1/{kind}/"), more)


def test_a_larger_family_asks_no_more(api: APIClient, ann: User) -> None:
    variant = whole_variant(ann)

    def more() -> None:
        for _ in range(3):
            parent, child = make_variant(), make_variant()
            variant.parent_edges.create(
                parent=parent, parent_name=parent.full_name, relation="merge"
            )
            variant.child_edges.create(child=child, parent_name="river/x", relation="merge")
            make_checkpoint(variant)

    address = f"/api/v1/variants/{variant.full_name}/"
    assert_constant_queries(lambda: api.get(address), more)


def test_the_root_names_every_resource_with_its_address(api: APIClient) -> None:
    answer = api.get("/api/v1/").json()
    assert answer["variants"] == f"{SITE}/api/v1/variants/"
    assert answer["docs"] == f"{SITE}/api/docs/"
