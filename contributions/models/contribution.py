from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Now, Upper
from django.urls import reverse

from evaluations.models import Benchmark, Claim
from hub.models import Dataset, ModelVariant, WorkingGroup
from hub.state import IllegalMove, Stateful


class Outdated(IllegalMove):
    """Somebody decided on a version that is not the newest any more."""

    def __init__(self, contribution: "Contribution", to: str, read: int) -> None:
        super().__init__(contribution, to, contribution.state)
        newest = contribution.head
        message = (
            f"Version {newest} of #{contribution.pk} replaced version {read}, which you read. "
            f"Nothing was changed: look at version {newest} and decide again."
        )
        self.args = (message,)


class Settled(IllegalMove):
    """The contribution has ended; another person was first."""

    def __init__(self, contribution: "Contribution", to: str) -> None:
        super().__init__(contribution, to, contribution.state)
        last = (
            contribution.events.filter(to_state=contribution.state).select_related("actor").last()
        )
        who = f" by {last.actor.username}" if last and last.actor else ""
        self.args = (
            f"#{contribution.pk} was {contribution.state}{who} already. Nothing was changed.",
        )


class ContributionQuerySet(models.QuerySet["Contribution"]):
    def open(self) -> Self:
        return self.filter(state__in=Contribution.live_states())

    def about(self, subject: str) -> Self:
        """`owner/name`; case does not matter, as at the origins."""
        return self.filter(subject__iexact=subject)


class Contribution(Stateful):
    """A proposed change to the catalogue, like a pull request. Its number is its primary key."""

    MOVES = {
        # A new version leaves an open contribution open, and lapses what was said about the last.
        "open": {"open", "approved", "changes_requested", "closed", "withdrawn"},
        "changes_requested": {"open", "approved", "closed", "withdrawn"},
        "approved": {"open", "changes_requested", "merged", "closed", "withdrawn"},
        "merged": set(),
        "closed": set(),
        "withdrawn": set(),
    }

    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    # What it is about, as people name it: owner/name.
    subject = models.CharField(max_length=200)
    state = models.CharField(max_length=20, default="open")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="contributions"
    )
    group = models.ForeignKey(WorkingGroup, models.SET_NULL, null=True, blank=True)
    # The newest version's number. Every review and merge names the version that was read.
    head = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="merged"
    )
    merged_at = models.DateTimeField(null=True, blank=True)
    # What merging it made or changed.
    variant = models.ForeignKey(
        ModelVariant, models.SET_NULL, null=True, blank=True, related_name="contributions"
    )
    dataset = models.ForeignKey(
        Dataset, models.SET_NULL, null=True, blank=True, related_name="contributions"
    )
    benchmark = models.ForeignKey(
        Benchmark, models.SET_NULL, null=True, blank=True, related_name="contributions"
    )
    claim = models.ForeignKey(
        Claim, models.SET_NULL, null=True, blank=True, related_name="contributions"
    )
    # Of a contribution that takes another back.
    reverts = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="reverted_by"
    )
    # As it was merged: [{"token": "Reviewed-by", "name": str, "person": username}], as in a commit.
    trailers = models.JSONField(default=list)

    objects = ContributionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["state", "-id"], name="contribution_by_state"),
            models.Index(fields=["author", "-id"], name="contribution_by_author"),
            # lists of one kind or one group; the review queue, oldest first
            models.Index(fields=["kind", "-id"], name="contribution_by_kind"),
            models.Index(fields=["group", "-id"], name="contribution_by_group"),
            models.Index(
                fields=["updated_at", "id"],
                condition=models.Q(state__in=["open", "changes_requested", "approved"]),
                name="contribution_waiting",
            ),
            # what was merged last: front page and feed
            models.Index(
                fields=["-merged_at"],
                condition=models.Q(state="merged"),
                name="contribution_merged",
            ),
            models.Index(
                fields=["-id"],
                condition=models.Q(state__in=["open", "changes_requested", "approved"]),
                name="contribution_live",
            ),
            # the list's other orders, and a piece of its text
            models.Index(fields=["updated_at", "id"], name="contribution_by_update"),
            models.Index(fields=["subject", "id"], name="contribution_by_subject"),
            GinIndex(
                # Upper: what icontains asks for
                OpClass(Upper("subject"), "gin_trgm_ops"),
                OpClass(Upper("title"), "gin_trgm_ops"),
                name="contribution_trigrams",
            ),
        ]
        constraints = [
            # Two people proposing the same entry at once: the second is told of the first.
            models.UniqueConstraint(
                models.functions.Lower("subject"),
                "kind",
                # Several people may propose changes to one entry; adding it is for one at a time.
                condition=models.Q(
                    state__in=["open", "changes_requested", "approved"], kind__startswith="add_"
                ),
                name="contribution_one_open_a_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    @property
    def number(self) -> int:
        return int(self.pk)

    @property
    def namespace(self) -> str:
        """Whose it is about: the owner in owner/name."""
        return self.subject.partition("/")[0]

    @property
    def is_live(self) -> bool:
        return self.state in self.live_states()

    def get_absolute_url(self) -> str:
        return reverse("contribution_detail", args=[self.pk])

    def hold(self) -> None:
        """Read the row again and keep it until the transaction ends.

        Whoever decides by looking at other rows too (reviews, checks) queues up behind whoever does
        so already; the move itself stays guarded. Not the key: an event of a check, which points here,
        must not wait for a reviewer who waits for that check.
        """
        self.refresh_from_db(from_queryset=Contribution.objects.select_for_update(no_key=True))

    def require_current(self, to: str, *, head: int | None = None) -> None:
        """Raise Settled after the end, Outdated when `head` is not the newest version any more."""
        if not self.is_live:
            raise Settled(self, to)
        if head is not None and head != self.head:
            raise Outdated(self, to, head)

    def move_on(
        self, to: str, *, head: int | None = None, next_head: int | None = None, **changes: Any
    ) -> str:
        """Move to `to` if the contribution is live and `head`, where given, is its version.

        `next_head` numbers the version that replaces it. Answers with the state it left. Raises
        Settled, Outdated or IllegalMove, each saying why.
        """
        self.require_current(to, head=head)
        left = self.state
        changes["head"] = self.head if next_head is None else next_head
        self.move(to, guard={"head": self.head}, updated_at=Now(), **changes)
        return left
