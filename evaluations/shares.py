"""Who stands behind a share: the names that pages show for "person:7" and "group:data"."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from hub.models import User, WorkingGroup


@dataclass(frozen=True, kw_only=True)
class Holder:
    """`name` of a person or of a working group, and their page."""

    name: str
    url: str


def holders(shares: Iterable[str]) -> dict[str, Holder]:
    """By share; two queries. A share of somebody who is gone is left out."""
    asked = set(shares)
    found: dict[str, Holder] = {}
    people = {share.removeprefix("person:") for share in asked if share.startswith("person:")}
    for person in User.objects.filter(pk__in=[pk for pk in people if pk.isdecimal()]):
        found[f"person:{person.pk}"] = Holder(name=person.username, url=person.get_absolute_url())
    groups = {share.removeprefix("group:") for share in asked if share.startswith("group:")}
    for group in WorkingGroup.objects.filter(slug__in=groups):
        url = reverse("group_detail", args=[group.slug])
        found[f"group:{group.slug}"] = Holder(name=f"{group.name} (group)", url=url)
    return found
