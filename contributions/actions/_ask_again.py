"""A new version lapses what was said about the last; who said it is asked again."""

from contributions import permissions
from contributions.actions._events import happened
from contributions.models import Assignment, Contribution, Review
from contributions.models.review import Verdict
from hub.models import User


def ask_again(*, contribution: Contribution, actor: User) -> None:
    """In the transaction of a revision: assign everybody who judged the version before the newest.

    Who went without judging it was not waited for, and is not asked again.
    """
    before = contribution.head - 1
    given = Review.objects.filter(version__contribution=contribution, version__number=before)
    last = {review.reviewer: review for review in given.select_related("reviewer").order_by("pk")}
    for reviewer, review in last.items():
        if not permissions.reviews(reviewer, contribution):
            continue
        _, is_new = Assignment.objects.get_or_create(
            contribution=contribution, reviewer=reviewer, defaults={"assigned_by": actor}
        )
        if is_new:
            what = "approval" if review.verdict == Verdict.APPROVE else "request for changes"
            happened(
                contribution=contribution,
                verb="assigned",
                actor=actor,
                person=reviewer,
                why=f"Their {what} was about version {before} and has lapsed.",
            )
