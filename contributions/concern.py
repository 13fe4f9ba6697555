"""Who is too near to what is flagged to judge the flag."""

from contributions.models import Contribution
from evaluations.models import Claim
from hub.models import User

FLAGS = frozenset({"flag", "lift_flag"})


def is_concerned(person: User, contribution: Contribution) -> bool:
    """Whether `contribution` flags, or lifts a flag on, what `person` brought here. No query for other
    kinds, at most two for these."""
    if contribution.kind not in FLAGS:
        return False
    brought = Contribution.objects.about(contribution.subject).filter(
        author=person, state="merged", kind__startswith="add_"
    )
    reported = Claim.objects.filter(disputes__number=contribution.pk, added_by=person)
    return brought.exists() or reported.exists()
