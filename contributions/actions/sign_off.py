from django.core.exceptions import PermissionDenied
from django.db import transaction

from contributions import permissions
from contributions.actions._events import happened
from contributions.actions._new_version import signature
from contributions.models import Contribution, Version
from hub.models import User
from hub.refusal import Refusal


def sign_off(*, actor: User, contribution: Contribution, head: int) -> Version:
    """Vouch for version `head` that a program proposed: a person's Developer Certificate of Origin.

    Whoever signs does not approve it as well. Raises PermissionDenied (people who may review it),
    IllegalMove (ended, or a newer version exists), or Refusal `signed_already`.
    """
    with transaction.atomic():
        contribution.hold()
        if actor.is_bot or not permissions.reviews(actor, contribution):
            raise PermissionDenied("People who may review it sign for a program.")
        contribution.require_current(contribution.state, head=head)
        version = contribution.versions.get(number=head)
        if version.signed_off:
            message = f"{version.signed_off} signed version {head} off already."
            raise Refusal("signed_already", message)
        for name, value in signature(actor, sign_off=True).items():
            setattr(version, name, value)
        version.save(update_fields=["signed_off", "signed_by"])
        happened(contribution=contribution, verb="signed", actor=actor, version_number=head)
    return version
