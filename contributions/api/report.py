"""The report on what a contribution brought, as JSON or as Markdown."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from contributions.evaluation import measured_checkpoint, read_report_of
from contributions.models import Contribution
from evaluations.api.reports import FORMATS, REPORT_RESPONSES, ReportEndpoint


class ContributionReport(ReportEndpoint):
    @extend_schema(
        operation_id="contributions_report", parameters=FORMATS, responses=REPORT_RESPONSES
    )
    def get(self, request: Request, number: int) -> Response:
        """What its checkpoint came to; 404 until it is merged, and for kinds that bring none."""
        contribution = get_object_or_404(Contribution, pk=number)
        checkpoint = measured_checkpoint(contribution)
        if checkpoint is None:
            raise NotFound(f"#{number} has no report: nothing that it brought is measured.")
        return self.answer(request, read_report_of(contribution, checkpoint))
