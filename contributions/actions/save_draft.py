from contributions.models import Contribution, Draft
from hub.models import User
from hub.refusal import Refusal

MOST_DRAFTS = 50
# A card has 200,000 characters; urlencoded, some of them are nine.
MOST_BYTES = 1_000_000
PATH_LENGTH = 400


def save_draft(
    *, owner: User, path: str, title: str, typed: str, contribution: Contribution | None = None
) -> Draft:
    """Keep what `owner` typed into the form at `path`, in place of what was kept of it before.

    `typed` is urlencoded. Two windows with one form: the last that saves is kept. Raises Refusal:
    too_long, too_many_drafts.
    """
    if len(typed) > MOST_BYTES or len(path) > PATH_LENGTH:
        raise Refusal("too_long", "This is too long for a draft.")
    others = Draft.objects.filter(owner=owner).exclude(path=path)
    if others.count() >= MOST_DRAFTS:
        message = f"You have {MOST_DRAFTS} drafts: send one, or discard one."
        raise Refusal("too_many_drafts", message)
    draft, _ = Draft.objects.update_or_create(
        owner=owner,
        path=path,
        defaults={"title": title[:200], "typed": typed, "contribution": contribution},
    )
    return draft
