"""What a checkpoint is compared with: its parent, and two reference variants. Which, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Case, Count, Exists, F, OuterRef, Q, When

from evaluations.models import Board, Score, Standing
from hub.models import Checkpoint, LineageEdge, ModelVariant
from hub.models.lineage import DATA_RELATIONS

MOST_REFERENCES = 2
# Variants within this factor in parameters are of one size.
SIZE_FACTOR = 2
# A few more than are shown, because the checkpoint itself and its parent stand on the board too.
LOOKED_AT = 5


@dataclass(frozen=True)
class Reference:
    """A checkpoint to compare with; `why` completes “it is …”."""

    checkpoint: Checkpoint
    why: str

    @property
    def variant(self) -> ModelVariant:
        return self.checkpoint.variant


@dataclass(frozen=True)
class Parent:
    """The first parent that is a model. Known by name alone while nobody has added it."""

    name: str
    relation: str
    checkpoint: Checkpoint | None


def newest_measured(variant: ModelVariant) -> Checkpoint | None:
    """The newest checkpoint with a score of its bytes, whoever's run measured them."""
    measured = Score.objects.values("checkpoint_digest")
    return variant.checkpoints.filter(digest__in=measured).defer("files").first()


def parent_of(variant: ModelVariant) -> Parent | None:
    """The parent at the commit that the edge names where that is here, else its newest measured
    checkpoint, else its newest. Two queries."""
    edges = LineageEdge.objects.filter(child=variant).exclude(relation__in=DATA_RELATIONS)
    edge = edges.select_related("parent").order_by(F("parent").asc(nulls_last=True), "pk").first()
    if edge is None:
        return None
    if edge.parent_id is None:
        return Parent(edge.parent_name, edge.relation, None)
    checkpoint = checkpoint_of(edge.parent_id, commit=edge.parent_commit)
    return Parent(edge.parent_name, edge.relation, checkpoint)


def checkpoint_of(variant: int, *, commit: str = "") -> Checkpoint | None:
    """That commit; where it is not here the newest that was measured, else the newest. One query."""
    measured = Score.objects.filter(checkpoint_digest=OuterRef("digest"))
    found = Checkpoint.objects.filter(variant=variant).select_related("variant").defer("files")
    named = Case(When(commit=commit, then=0), default=1)
    return found.order_by(named, Exists(measured).desc(), "-created_at", "-pk").first()


def choose(
    checkpoint: Checkpoint, parent: Checkpoint | None, *, named: Sequence[str] = ()
) -> list[Reference]:
    """At most two: those that somebody named, then from the board that measures most of what this
    checkpoint was measured on the best of its size, the leader, and whoever comes next.

    Three queries, one more where names are given.
    """
    chosen = _named(named)
    board = _board(checkpoint.digest)
    if board is not None and len(chosen) < MOST_REFERENCES:
        family = {checkpoint.variant_id, parent.variant_id if parent else None}
        chosen += _of_board(board, checkpoint.variant.parameters, family)
    own = {checkpoint.digest, parent.digest if parent else ""}
    once: dict[str, Reference] = {}
    for one in chosen:
        once.setdefault(one.checkpoint.digest, one)
    return [one for digest, one in once.items() if digest not in own][:MOST_REFERENCES]


def _named(names: Sequence[str]) -> list[Reference]:
    wanted = Q(pk=None)
    for name in names[:MOST_REFERENCES]:
        owner, _, short = name.partition("/")
        wanted |= Q(variant__owner__iexact=owner, variant__name__iexact=short)
    found = Checkpoint.objects.filter(wanted).order_by("variant_id", "-created_at", "-pk")
    newest = found.distinct("variant_id").select_related("variant").defer("files")
    return [Reference(one, "named by the contribution") for one in newest] if names else []


def _board(digest: str) -> Board | None:
    measured = Score.objects.filter(checkpoint_digest=digest).values("recipe")
    boards = Board.objects.filter(current=True, recipes__in=measured).defer("facets")
    return boards.annotate(shared=Count("recipes")).order_by("-shared", "-size", "pk").first()


def _of_board(board: Board, parameters: int | None, family: set[int | None]) -> list[Reference]:
    """Of its size first, then from the top. Retired and unranked variants stand on no board."""
    ranked = Standing.objects.filter(board=board, rank__isnull=False).order_by("place", "pk")
    rows = ranked.select_related("checkpoint__variant").defer("values", "checkpoint__files")
    leaders = [one for one in rows[:LOOKED_AT] if one.variant_id not in family]
    peers: list[Standing] = []
    if parameters:
        size = (parameters // SIZE_FACTOR, parameters * SIZE_FACTOR)
        found = rows.filter(parameters__range=size)[:LOOKED_AT]
        peers = [one for one in found if one.variant_id not in family]
    alike = [
        Reference(one.checkpoint, f"the best other of its size on {board}") for one in peers[:1]
    ]
    return alike + [Reference(one.checkpoint, _place(one, board)) for one in leaders]


def _place(one: Standing, board: Board) -> str:
    return f"the leader of {board}" if one.rank == 1 else f"number {one.rank} on {board}"
