import itertools

from hub.closure import ancestors_of, edges_above, edges_below
from hub.models import Dataset, LineageEdge, ModelVariant
from tests.factories import make_dataset, make_variant
from tests.queries import assert_constant_queries


def descend(
    child: ModelVariant, parent: ModelVariant | Dataset, relation: str = "finetune"
) -> None:
    data = isinstance(parent, Dataset)
    LineageEdge.objects.create(
        child=child,
        parent_name=parent.full_name,
        relation="trained_on" if data else relation,
        **{"parent_dataset" if data else "parent": parent},
    )


def chain(length: int) -> list[ModelVariant]:
    variants = [make_variant() for _ in range(length)]
    for child, parent in itertools.pairwise(variants):
        descend(child, parent)
    return variants


def test_ancestors_come_nearest_first_with_the_way_to_them(db: None) -> None:
    child, parent, grandparent = chain(3)
    data = make_dataset()
    descend(grandparent, data)
    found = ancestors_of(child)
    assert [each.entry for each in found] == [parent, grandparent, data]
    assert [each.via for each in found] == [
        [],
        [parent.full_name],
        [parent.full_name, grandparent.full_name],
    ]
    assert found[2].path[-1].relation == "trained_on"


def test_of_two_ways_the_shorter_counts(db: None) -> None:
    child, parent, grandparent = chain(3)
    descend(child, grandparent, "merge")
    found = {each.entry: each.via for each in ancestors_of(child)}
    assert found == {parent: [], grandparent: []}


def test_a_family_of_diamonds_is_read_once(db: None) -> None:
    """Twelve merges of merges: 4,096 ways, 24 edges."""
    left, right = make_variant(), make_variant()
    for _ in range(12):
        above = make_variant(), make_variant()
        for child in (left, right):
            descend(child, above[0], "merge")
            descend(child, above[1], "merge")
        left, right = above
    bottom = ModelVariant.objects.earliest("pk")
    assert len(edges_above([bottom.pk])) == 2 + 11 * 4
    assert len(ancestors_of(bottom)) == 24


def test_a_parent_that_is_not_here_ends_the_way(db: None) -> None:
    child = make_variant()
    LineageEdge.objects.create(child=child, parent_name="else/where", relation="finetune")
    assert ancestors_of(child) == []
    assert [edge.parent_name for edge in edges_above([child.pk])] == ["else/where"]


def test_descendants_of_a_dataset_are_those_of_its_variants_too(db: None) -> None:
    child, parent = chain(2)
    data = make_dataset()
    descend(parent, data)
    below = edges_below(datasets=[data.pk])
    assert {edge.child for edge in below} == {child, parent}
    assert {edge.child for edge in edges_below(variants=[parent.pk])} == {child}


def test_depth_costs_no_queries(db: None) -> None:
    variants = chain(3)

    def deeper() -> None:
        descend(variants[-1], chain(6)[0])

    assert assert_constant_queries(lambda: ancestors_of(variants[0]), deeper) == 2
