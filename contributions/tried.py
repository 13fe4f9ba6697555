"""What measuring is told of checks: which bytes were tried before a merge; registered by apps.py."""

from contributions.models import Check
from evaluations.trials import proofs


def passed_smoke(digest: str) -> bool:
    """Whether these bytes loaded and answered once, in whichever contribution."""
    tried = Check.objects.filter(name="smoke", state__in=("passed", "warning"))
    return tried.filter(findings__digest=digest).exists()


proofs.append(passed_smoke)
