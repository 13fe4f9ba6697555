import pytest
from django.core.exceptions import PermissionDenied

from contributions.actions.merge import merge
from contributions.actions.review import review
from contributions.actions.submit import submit
from contributions.models import Check, Contribution
from contributions.models.contribution import Outdated, Settled
from evaluations.models import Run
from hub.models import Dataset, ModelVariant, User
from hub.models.user import Role
from hub.refusal import Refusal
from tests.contributions.stories import approved, dataset_payload, pass_checks, pinned, submitted
from tests.factories import (
    make_board,
    make_checkpoint,
    make_manifest,
    make_scope,
    make_user,
    make_variant,
)

pytestmark = pytest.mark.django_db


def test_merging_publishes_what_was_checked_and_queues_its_evaluation(
    ann: User, ben: User, cleo: User
) -> None:
    board = make_board(automatic=True)
    make_board()
    parent = make_variant("headwaters/spring")
    edges = [{"parent_name": "headwaters/Spring", "relation": "finetune", "is_dataset": False}]
    contribution = approved(submitted(ann, "headwaters/brook", edges=edges), ben)
    merge(actor=cleo, contribution=contribution, head=1)
    variant = ModelVariant.objects.named("headwaters", "brook").get()
    assert (contribution.state, contribution.merged_by, contribution.variant) == (
        "merged",
        cleo,
        variant,
    )
    assert contribution.merged_at is not None
    manifest = make_manifest("headwaters/brook")
    checkpoint = variant.checkpoints.get()
    assert (checkpoint.commit, checkpoint.digest) == (manifest.commit, manifest.digest)
    assert variant.parent_edges.get().parent == parent
    assert set(Run.objects.get().recipes.all()) == set(board.recipes.all())
    event = contribution.events.last()
    assert event is not None
    assert (event.verb, event.actor, event.to_state) == ("merged", cleo, "merged")


def test_the_counted_parameters_win_over_the_proposed(ann: User, ben: User, cleo: User) -> None:
    contribution = approved(submitted(ann), ben)
    merge(actor=cleo, contribution=contribution, head=1)
    assert contribution.variant is not None
    assert contribution.variant.parameters == make_manifest("x").parameters


def test_a_dataset_is_published_and_not_evaluated(ann: User, ben: User, cleo: User) -> None:
    make_board(automatic=True)
    contribution = submit(author=ann, kind="add_dataset", payload=dataset_payload(), sign_off=True)
    approved(contribution, ben)
    merge(actor=cleo, contribution=contribution, head=1)
    assert contribution.dataset == Dataset.objects.get()
    assert not Run.objects.exists()


def test_an_adapter_is_published_and_not_evaluated(ann: User, ben: User, cleo: User) -> None:
    make_board(automatic=True)
    contribution = approved(submitted(ann), ben)
    Check.objects.filter(name="files").update(findings={"measurable": False})
    merge(actor=cleo, contribution=contribution, head=1)
    assert not Run.objects.exists()


def test_a_merge_lists_everything_that_is_missing(
    ann: User, cleo: User, brook: Contribution
) -> None:
    pass_checks(brook)
    Check.objects.filter(name="card").update(state="failed")
    with pytest.raises(Refusal) as refused:
        merge(actor=cleo, contribution=brook, head=1)
    assert refused.value.code == "requirements_unmet"
    assert refused.value.fields["requirements"] == [
        "Somebody other than its author has to approve version 1.",
        "Check “card” failed.",
    ]
    brook.refresh_from_db()
    assert (brook.state, ModelVariant.objects.count()) == ("open", 0)


@pytest.mark.parametrize("state", ["queued", "running", "failed", "errored"])
def test_a_required_check_that_is_not_green_stands_in_the_way(
    ben: User, cleo: User, brook: Contribution, state: str
) -> None:
    approved(brook, ben)
    Check.objects.filter(name="duplicates").update(state=state)
    with pytest.raises(Refusal, match="duplicates"):
        merge(actor=cleo, contribution=brook, head=1)


def test_an_advisory_check_does_not(ben: User, cleo: User, brook: Contribution) -> None:
    approved(brook, ben)
    Check.objects.filter(name="licence").update(state="failed", required=False)
    assert merge(actor=cleo, contribution=brook, head=1).state == "merged"


def test_reviewers_and_authors_do_not_merge(ben: User, cleo: User, brook: Contribution) -> None:
    approved(brook, ben)
    with pytest.raises(PermissionDenied):
        merge(actor=ben, contribution=brook, head=1)
    own = approved(submitted(cleo, "headwaters/creek"), ben)
    with pytest.raises(PermissionDenied):
        merge(actor=cleo, contribution=own, head=1)


def test_a_maintainer_of_the_group_merges(ben: User, brook: Contribution) -> None:
    approved(brook, ben)
    keeper = make_user(role=Role.MEMBER)
    assert brook.group is not None
    make_scope(brook.group, keeper, "maintainer")
    assert merge(actor=keeper, contribution=brook, head=1).state == "merged"


def test_a_merge_of_a_replaced_version_changes_nothing(
    ben: User, cleo: User, brook: Contribution
) -> None:
    approved(brook, ben)
    Contribution.objects.filter(pk=brook.pk).update(head=2)
    with pytest.raises(Outdated):
        merge(actor=cleo, contribution=brook, head=1)
    assert not ModelVariant.objects.exists()


def test_what_is_merged_is_merged_once(
    ben: User, cleo: User, dora: User, brook: Contribution
) -> None:
    approved(brook, ben)
    merge(actor=cleo, contribution=brook, head=1)
    with pytest.raises(Settled, match="merged by cleo already"):
        merge(actor=dora, contribution=brook, head=1)
    assert ModelVariant.objects.count() == 1


def test_what_publishing_refuses_leaves_the_contribution_approved(
    ben: User, cleo: User, brook: Contribution
) -> None:
    """The same files came in under another name since the duplicates check ran."""
    approved(brook, ben)
    make_checkpoint(make_variant("sea/salt"), make_manifest("headwaters/brook"))
    with pytest.raises(Refusal) as refused:
        merge(actor=cleo, contribution=brook, head=1)
    brook.refresh_from_db()
    assert (refused.value.code, brook.state, brook.merged_by) == ("already_here", "approved", None)
    assert brook.events.filter(verb="merged").count() == 0


def test_the_manifest_is_the_pinned_one_whatever_the_payload_says(
    ann: User, ben: User, cleo: User
) -> None:
    contribution = submitted(ann, "headwaters/brook", revision="main")
    manifest = make_manifest("another day")
    pass_checks(contribution, manifest)
    Check.objects.filter(name="origin").update(
        findings={**pinned(contribution, manifest), "repo_id": "headwaters/brook-renamed"}
    )
    approve_and_merge(contribution, ben, cleo)
    assert contribution.variant is not None
    assert contribution.variant.repo_id == "headwaters/brook-renamed"
    assert contribution.variant.checkpoints.get().commit == manifest.commit


def approve_and_merge(contribution: Contribution, reviewer: User, maintainer: User) -> None:
    review(reviewer=reviewer, contribution=contribution, head=1, verdict="approve")
    merge(actor=maintainer, contribution=contribution, head=1)
