import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from contributions.actions.merge import merge
from contributions.actions.review import review
from contributions.actions.submit import submit
from contributions.models import Contribution, Version
from contributions.trailers import as_message, trailers
from evaluations.models import Replication
from hub.models import User
from tests.conftest import signed_in
from tests.contributions.stories import approved, pass_checks, submitted, variant_payload
from tests.factories import make_recipe, make_run, make_score, make_user

pytestmark = pytest.mark.django_db


def rows(contribution: Contribution) -> list[tuple[str, str]]:
    return [(row["token"], row["person"] or row["name"]) for row in trailers(contribution)]


def merged(contribution: Contribution, reviewer: User, maintainer: User) -> Contribution:
    approved(contribution, reviewer)
    return merge(actor=maintainer, contribution=contribution, head=contribution.head)


def replicate(contribution: Contribution, person: User, *, agrees: bool = True) -> None:
    assert contribution.variant is not None
    checkpoint = contribution.variant.checkpoints.get()
    score = make_score(checkpoint, make_recipe(), 0.5)
    run = make_run(checkpoint, [], requested_by=person)
    Replication.objects.create(
        score=score, run=run, value=0.5, n=5, agrees=agrees, requested_by=person
    )


def test_a_merge_keeps_who_signed_helped_and_approved(ann: User, ben: User, cleo: User) -> None:
    contribution = submit(
        author=ann,
        kind="add_variant",
        payload=variant_payload(),
        sign_off=True,
        assisted_by="helper:small [lint]",
    )
    approved(contribution, ben)
    review(reviewer=cleo, contribution=contribution, head=1, verdict="approve")
    merge(actor=cleo, contribution=contribution, head=1)
    contribution.refresh_from_db()
    assert rows(contribution) == [
        ("Signed-off-by", "ann"),
        ("Assisted-by", "helper:small [lint]"),
        ("Reviewed-by", "ben"),
        ("Reviewed-by", "cleo"),
    ]


def test_what_is_not_merged_has_none(ben: User, brook: Contribution) -> None:
    approved(brook, ben)
    assert rows(brook) == []


def test_an_approval_of_an_earlier_version_is_no_trailer(
    ann: User, ben: User, cleo: User, dora: User, brook: Contribution
) -> None:
    review(reviewer=ben, contribution=brook, head=1, verdict="approve")
    first = brook.versions.get()
    Version.objects.create(
        contribution=brook,
        number=2,
        payload=first.payload,
        author=ann,
        signed_off="Ann",
        signed_by=ann,
    )
    Contribution.objects.filter(pk=brook.pk).update(head=2, state="open")
    brook.refresh_from_db()
    for check in first.checks.all():
        check.pk, check.version = None, brook.versions.get(number=2)
        check.save()
    merged(brook, cleo, dora)
    assert ("Reviewed-by", "cleo") in rows(brook)
    assert ("Reviewed-by", "ben") not in rows(brook)


def test_who_reported_what_is_fixed_is_named_and_the_author_is_not(
    ann: User, ben: User, cleo: User, sam: User
) -> None:
    report = submitted(sam, "headwaters/creek")
    own = submitted(ann, "headwaters/rill")
    contribution = submitted(ann, "headwaters/brook")
    note = f"Fixes #{report.pk}, closes #{own.pk}, see #{own.pk + 900}."
    Version.objects.filter(contribution=contribution).update(note=note)
    merged(contribution, ben, cleo)
    assert rows(contribution)[0] == ("Reported-by", "sam")
    assert len([token for token, _ in rows(contribution) if token == "Reported-by"]) == 1


def test_tested_by_is_earned_later_by_others_whose_numbers_agree(
    ann: User, ben: User, cleo: User, sam: User, brook: Contribution
) -> None:
    merged(brook, ben, cleo)
    brook.refresh_from_db()
    replicate(brook, ann)
    replicate(brook, make_user("differs"), agrees=False)
    assert "Tested-by" not in {token for token, _ in rows(brook)}
    replicate(brook, sam)
    replicate(brook, sam)
    assert [row for row in rows(brook) if row[0] == "Tested-by"] == [("Tested-by", "sam")]


def test_it_reads_as_a_commit_message_on_the_page_and_in_the_api(
    ben: User, cleo: User, sam: User, brook: Contribution, api: APIClient
) -> None:
    Version.objects.filter(contribution=brook).update(note="A first one.")
    merged(brook, ben, cleo)
    text = as_message(brook, "A first one.", trailers(brook))
    assert text == (
        f"{brook.title} (#{brook.pk})\n\nA first one.\n\nSigned-off-by: @ann\nReviewed-by: @ben"
    )
    page = signed_in(sam).get(brook.get_absolute_url()).content.decode()
    assert "Reviewed-by: @ben" in page
    answer = api.get(reverse("api_contribution_reviewers", args=[brook.pk])).json()
    assert [row["token"] for row in answer["trailers"]] == ["Signed-off-by", "Reviewed-by"]
    whole = api.get(reverse("api_contribution_detail", args=[brook.pk])).json()
    assert whole["trailers"] == answer["trailers"]


def test_whoever_signed_a_version_does_not_judge_it(
    ann: User, ben: User, cleo: User, brook: Contribution
) -> None:
    """A program's proposal is signed by a person, who has a part in it from then on."""
    pass_checks(brook)
    Version.objects.filter(contribution=brook).update(signed_by=ben)
    with pytest.raises(Exception, match="had a part in"):
        review(reviewer=ben, contribution=brook, head=1, verdict="approve")
    Version.objects.filter(contribution=brook).update(signed_by=cleo)
    review(reviewer=ben, contribution=brook, head=1, verdict="approve")
    with pytest.raises(Exception, match="had a part in"):
        merge(actor=cleo, contribution=brook, head=1)
