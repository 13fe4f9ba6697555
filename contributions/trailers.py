"""Who stands behind what was merged, as the trailers of a commit message say it.

What a merge saw is kept with the contribution (`merged_trailers`); who reproduced its scores since is
read each time (`trailers`), so that it is there as soon as it is earned.
"""

import re
from collections.abc import Iterable

from contributions.models import Contribution, Version
from contributions.models.check import FIRST
from contributions.requirements import Facts
from evaluations.models import Replication
from hub.models import User

FIXES = re.compile(
    r"\b(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?):?\s+#([0-9]{1,9})\b", re.IGNORECASE
)
MOST_REPORTED = 20

# {"token": "Reviewed-by", "name": as it is read, "person": username, or empty for a tool}
Trailer = dict[str, str]


def trailers(contribution: Contribution) -> list[Trailer]:
    """Of a merged contribution; empty for others. Two queries."""
    if contribution.state != "merged":
        return []
    return [*contribution.trailers, *_tested(contribution)]


def merged_trailers(facts: Facts) -> list[Trailer]:
    """Of the version that is being merged. Three queries."""
    contribution = facts.contribution
    versions = list(contribution.versions.select_related("signed_by").order_by("number"))
    people = {one.reviewer.username: one.reviewer for one in facts.reviews}
    rows = [
        *(_trailer("Reported-by", person) for person in _reporters(contribution, versions)),
        *(
            _trailer("Signed-off-by", version.signed_by, version.signed_off)
            for version in versions
            if version.signed_by
        ),
        *(
            {"token": "Assisted-by", "name": version.assisted_by, "person": ""}
            for version in versions
            if version.assisted_by
        ),
        *(_trailer("Reviewed-by", people[name]) for name in facts.approvers),
    ]
    return _once(rows)


def as_message(contribution: Contribution, note: str, rows: Iterable[Trailer]) -> str:
    """Title, note and trailers as a commit would have them."""
    lines = [f"{row['token']}: {_named(row)}" for row in rows]
    parts = (f"{contribution.title} (#{contribution.pk})", note.strip(), "\n".join(lines))
    return "\n\n".join(part for part in parts if part)


def _named(row: Trailer) -> str:
    """A name that is more than the username has it beside it."""
    if not row["person"] or row["person"] == row["name"]:
        return row["name"] if not row["person"] else f"@{row['person']}"
    return f"{row['name']} (@{row['person']})"


def _trailer(token: str, person: User, name: str = "") -> Trailer:
    return {
        "token": token,
        "name": name or person.get_full_name() or person.username,
        "person": person.username,
    }


def _reporters(contribution: Contribution, versions: Iterable[Version]) -> list[User]:
    """Authors of what the notes say it fixes, such as a flag; not its own author's."""
    numbers = {int(number) for version in versions for number in FIXES.findall(version.note)}
    if not numbers:
        return []
    fixed = Contribution.objects.filter(pk__in=sorted(numbers)[:MOST_REPORTED])
    others = fixed.exclude(author=contribution.author_id).select_related("author")
    return [one.author for one in others.order_by("pk")]


def _tested(contribution: Contribution) -> list[Trailer]:
    """Whoever had the merged checkpoint's scores measured again, had no part in it, and saw them agree."""
    pinned = contribution.versions.filter(number=contribution.head, checks__name=FIRST).values_list(
        "checks__findings__commit", flat=True
    )
    if contribution.variant_id is None:
        return []
    writers = contribution.versions.values("author")
    signers = contribution.versions.filter(signed_by__isnull=False).values("signed_by")
    agreed = (
        Replication.objects.filter(
            agrees=True,
            score__checkpoint__variant=contribution.variant_id,
            score__checkpoint__commit__in=list(pinned),
        )
        .exclude(requested_by=contribution.author_id)
        .exclude(requested_by__in=writers)
        .exclude(requested_by__in=signers)
        .select_related("requested_by")
        .order_by("pk")
    )
    return _once(_trailer("Tested-by", one.requested_by) for one in agreed)


def _once(rows: Iterable[Trailer]) -> list[Trailer]:
    return list({(row["token"], row["name"], row["person"]): row for row in rows}.values())
