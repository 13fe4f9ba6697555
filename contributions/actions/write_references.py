from contributions.actions._events import happened
from contributions.linking import things_in
from contributions.models import Comment, Contribution, Reference
from evaluations.models import Run
from hub.models import Dataset, ModelVariant, User

# Of one text; it may link more, but reaches no more.
MOST = 50
SORTS: dict[type, str] = {ModelVariant: "variant", Dataset: "dataset", Run: "run"}


def write_references(
    *,
    contribution: Contribution,
    text: str,
    comment: Comment | None = None,
    actor: User | None = None,
) -> list[Reference]:
    """Note what a text of `contribution` names, so that the other side shows it; the new ones.

    `comment` None: the text is a version's note or a review. `actor` None: whoever wrote the comment
    or proposed the contribution. Each thing once a contribution, however often it is named; another
    contribution gets an event. Call it in the transaction that writes the text.
    """
    actor = actor or (comment.author if comment else contribution.author)
    things = [thing for thing in things_in(text) if not isinstance(thing, User)]
    written = []
    for thing in things[:MOST]:
        if thing == contribution:
            continue
        sort = SORTS.get(type(thing), "contribution")
        reference, is_new = Reference.objects.get_or_create(
            source=contribution, defaults={"comment": comment}, **{sort: thing}
        )
        if is_new:
            written.append(reference)
            if isinstance(thing, Contribution):
                happened(contribution=thing, verb="referenced", actor=actor, other=contribution)
    return written
