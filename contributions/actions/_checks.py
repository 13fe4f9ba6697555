"""The rows of a version's checks, and the nudges that start them."""

from django.db.models.functions import Now

from contributions import checks
from contributions.checks.plan import planned
from contributions.models import Check, Version
from contributions.proposals.protocol import Proposal
from hub.queue import send_on_commit


def plan_checks(version: Version, proposal: Proposal) -> None:
    """Rows for a new version, by its kind and its working group; those that wait for none are sent."""
    plan = planned(proposal, version.contribution.group)
    here = {name for name, _ in plan}
    rows = Check.objects.bulk_create(
        Check(
            version=version,
            name=name,
            required=required,
            waits_for=[other for other in checks.get(name).needs if other in here],
        )
        for name, required in plan
    )
    announce(*(check for check in rows if not check.waits_for))


def announce(*rows: Check) -> None:
    """Send each check after the commit. A message that is lost is sent again by the sweeper."""
    Check.objects.filter(pk__in=[check.pk for check in rows]).update(sent_at=Now())
    for check in rows:
        send_on_commit("contributions.check", check.pk, queue=checks.queue_of(check.name))
