"""A reporter's later number takes the place of the earlier one, which stays readable."""

from datetime import date

from django.db.models import QuerySet

from evaluations.models import Claim


def supersede_claim(*, claim: Claim) -> Claim:
    """Let only the newest stand of all claims that state what `claim` states; answers with that one.

    The newest by the day of the report (of the entry here where none is told), so that an old number
    that is added late takes nobody's place. Runs in a transaction that holds the variant's row.
    """
    rivals = list(_same_statement(claim))
    newest = max(rivals, key=lambda each: (_reported(each), each.pk))
    older = [each.pk for each in rivals if each.pk != newest.pk]
    Claim.objects.filter(pk__in=older).update(superseded_by=newest)
    claim.refresh_from_db(fields=["superseded_by"])
    return newest


def _same_statement(claim: Claim) -> "QuerySet[Claim]":
    """Standing claims of the same reporter, in the same role, about the same metric under the same
    protocol. Another protocol makes another claim: both stand side by side.
    """
    about = (
        {"benchmark": claim.benchmark}
        if claim.benchmark
        else {"benchmark": None, "benchmark_name__iexact": claim.benchmark_name}
    )
    return Claim.objects.filter(
        variant=claim.variant_id,
        superseded_by=None,
        reporter__iexact=claim.reporter,
        role=claim.role,
        metric__iexact=claim.metric,
        protocol__iexact=claim.protocol,
        **about,
    )


def _reported(claim: Claim) -> date:
    return claim.reported_on or claim.added_at.date()
