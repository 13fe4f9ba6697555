"""What two versions differ in, beyond what was typed: the tensors that their commits hold."""

import json
import zlib
from typing import Any

from contributions.actions.revise import revise
from contributions.comparison import read_comparison
from contributions.models import Check, Contribution
from hub import store
from hub.models import User
from tests.contributions.stories import variant_payload


def pin(contribution: Contribution, number: int, **findings: Any) -> None:
    checks = Check.objects.filter(version__contribution=contribution, name="origin")
    checks.filter(version__number=number).update(findings={"commit": str(number)} | findings)


def test_tensors_are_compared_wherever_their_table_is_kept(brook: Contribution, ann: User) -> None:
    payload = variant_payload(summary="With other weights.")
    revise(actor=ann, contribution=brook, payload=payload, note="", head=1, sign_off=True)
    pin(brook, 1, tensors=[["a", "F32", [2, 3]], ["b", "F32", [4]]])
    table = json.dumps([["a", "BF16", [2, 3]], ["c", "F32", [4]]]).encode()
    pin(brook, 2, tensors=[], tensors_sha256=store.default().add_bytes(zlib.compress(table)))
    found = read_comparison(brook, version="2", against="1")
    assert {change.name for change in found.tensors} == {"a", "b", "c"}


def test_one_commit_has_the_same_tensors(brook: Contribution, ann: User) -> None:
    payload = variant_payload(summary="In other words.")
    revise(actor=ann, contribution=brook, payload=payload, note="", head=1, sign_off=True)
    for number in (1, 2):
        pin(brook, number, tensors=[["a", "F32", [2, 3]]], commit="same")
    assert read_comparison(brook, version="2", against="1").tensors == []
