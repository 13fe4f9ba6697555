"""Links that new accounts write wait for a maintainer's look."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from contributions.models import Comment, Hold, Version
from contributions.quota import is_new
from hub.models import User

LINK = re.compile(r"(?i)\b(?:https?://\[?|www\.)[^\s<>()\[\]\"'`]+")
WHY = "A link from a new account."
REFUSED = "*A maintainer decided not to show this.*"


def hold_if_suspicious(
    *, author: User, comment: Comment | None = None, version: Version | None = None
) -> Hold | None:
    """Put other words where the text stands until a maintainer releases it; None where it may stay.

    Call it in the transaction that wrote the text: from then on no page, feed or API has the text,
    and whoever would hear of it hears when it is released.
    """
    text = comment.body if comment else version.note if version else ""
    if not is_suspicious(author, text):
        return None
    hold = Hold.objects.create(comment=comment, version=version, text=text, why=WHY)
    url = reverse("hold_detail", args=[hold.pk])
    put_words(hold, f"*This waits for [a maintainer's look]({url}).*")
    return hold


def put_words(hold: Hold, words: str) -> None:
    """Let the text's place, and the event that carries a version's note, say `words`."""
    if hold.comment:
        Comment.objects.filter(pk=hold.comment.pk).update(body=words)
        hold.comment.body = words
        return
    version = hold.written_with
    Version.objects.filter(pk=version.pk).update(note=words)
    version.note = words
    told = version.contribution.events.filter(
        verb__in=["submitted", "revised"], version_number=version.number
    )
    told.update(why=words)


def is_suspicious(author: User, text: str) -> bool:
    """Whether a new account links to anywhere but this site and the origin. No query without a link."""
    return any(_is_external(found) for found in LINK.findall(text)) and is_new(author)


def _is_external(link: str) -> bool:
    address = link if "://" in link else f"https://{link}"
    try:
        host = urlsplit(address).hostname
    except ValueError:
        return True
    return host not in {
        urlsplit(settings.SITE_URL).hostname,
        urlsplit(settings.HF_ENDPOINT).hostname,
    }
