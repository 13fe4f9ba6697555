"""Differences as people read them, and three-way merges."""

from typing import Any

import pytest

from contributions.merging import (
    Conflict,
    merge_lines,
    merge_mappings,
    merge_sets,
    merge_values,
)
from contributions.tensors import TensorChange, tensor_changes
from contributions.text_diff import line_diff
from hub.word_diff import word_diff


def test_words_that_changed_are_marked_where_they_stand() -> None:
    assert word_diff("A clear brook.", "A very clear river.") == [
        ["", "A"],
        ["add", " very"],
        ["", " clear "],
        ["del", "brook"],
        ["add", "river"],
        ["", "."],
    ]
    assert word_diff("", "new") == [["add", "new"]]


@pytest.mark.parametrize(("before", "after"), [("a b c", "a x c d"), ("", "x"), ("same", "same")])
def test_what_stayed_and_came_is_the_new_text(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    assert "".join(text for kind, text in pieces if kind != "del") == after
    assert "".join(text for kind, text in pieces if kind != "add") == before


def test_long_texts_are_shown_whole_rather_than_compared_for_minutes() -> None:
    before, after = "a " * 2000, "b " * 2000
    assert word_diff(before, after) == [["del", before], ["add", after]]
    hunk = line_diff("a\n" * 2000, "b\n" * 2000)
    assert [line.kind for line in hunk] == ["hunk"]


def test_changed_lines_mark_their_words_and_other_lines_none() -> None:
    lines = line_diff("one\nTrained on 12 rows.\nthree", "one\nTrained on 13 rows.\nthree")
    changed = {line.kind: line.words for line in lines if line.kind in {"del", "add"}}
    assert ["del", "12"] in changed["del"]
    assert ["add", "13"] in changed["add"]
    replaced = line_diff("Nothing of it.", "0123456789")
    assert all(line.words == () for line in replaced)
    assert line_diff("same", "same") == []


def test_one_sides_change_stands_and_two_conflict() -> None:
    assert merge_values("a", "b", "a") == "b"
    assert merge_values("a", "a", "b") == "b"
    assert merge_values("a", "b", "b") == "b"
    with pytest.raises(Conflict):
        merge_values("a", "b", "c")


def test_sets_take_what_either_side_wants() -> None:
    assert merge_sets(["a", "b", "c"], ["a", "c", "x"], ["b", "c", "y"]) == ["c", "y", "x"]


def test_rows_are_merged_one_by_one() -> None:
    base = {"a": 1, "b": 2}
    assert merge_mappings(base, {"a": 1, "b": 3}, {"b": 2, "c": 4}) == [3, 4]
    with pytest.raises(Conflict):
        merge_mappings(base, {"a": 5, "b": 2}, {"b": 2})


BASE = "one\ntwo\nthree\nfour\nfive\n"


def test_lines_that_do_not_touch_are_both_had() -> None:
    mine, theirs = BASE.replace("one", "1"), BASE.replace("five", "5\n6")
    assert merge_lines(BASE, mine, theirs) == "1\ntwo\nthree\nfour\n5\n6\n"
    assert merge_lines(BASE, mine, mine) == mine
    both = mine.replace("four", "4")
    assert merge_lines(BASE, both, mine) == both


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (BASE.replace("two", "2"), BASE.replace("two", "zwei")),
        (BASE.replace("two", "2"), BASE.replace("three", "3")),
        ("zero\n" + BASE, "null\n" + BASE),
        (BASE.replace("two\n", ""), BASE.replace("two", "2")),
    ],
    ids=["the same line", "neighbours", "two insertions", "gone and changed"],
)
def test_lines_that_touch_conflict(mine: str, theirs: str) -> None:
    with pytest.raises(Conflict):
        merge_lines(BASE, mine, theirs)


def test_tensors_that_differ_are_named_with_type_and_shape() -> None:
    old: list[list[Any]] = [
        ["embed", "F32", [264, 128]],
        ["head", "F32", [128]],
        ["same", "F16", [2]],
    ]
    new: list[list[Any]] = [
        ["embed", "BF16", [264, 128]],
        ["same", "F16", [2]],
        ["bias", "F32", []],
    ]
    assert tensor_changes(old, new) == [
        TensorChange("embed", "F32 [264, 128]", "BF16 [264, 128]"),
        TensorChange("bias", "", "F32 []"),
        TensorChange("head", "F32 [128]", ""),
    ]
