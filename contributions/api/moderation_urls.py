"""Everything about moderation under /api/v1/."""

from django.urls import path

import hub.converters  # noqa: F401 registers <username:…>
from contributions.api import moderation

urlpatterns = [
    path("moderation/audit/", moderation.AuditList.as_view(), name="api_audit_list"),
    path("moderation/holds/", moderation.HoldList.as_view(), name="api_hold_list"),
    path(
        "moderation/holds/<int:pk>/release/",
        moderation.HoldRelease.as_view(),
        name="api_hold_release",
    ),
    path(
        "moderation/holds/<int:pk>/refuse/", moderation.HoldRefuse.as_view(), name="api_hold_refuse"
    ),
    path("moderation/reports/", moderation.ReportList.as_view(), name="api_abuse_report_list"),
    path(
        "moderation/reports/<int:pk>/decide/",
        moderation.ReportDecide.as_view(),
        name="api_abuse_report_decide",
    ),
    path(
        "people/<username:username>/block/",
        moderation.PersonBlock.as_view(),
        name="api_person_block",
    ),
    path(
        "people/<username:username>/unblock/",
        moderation.PersonUnblock.as_view(),
        name="api_person_unblock",
    ),
    path(
        "people/<username:username>/suspend/",
        moderation.PersonSuspend.as_view(),
        name="api_person_suspend",
    ),
    path(
        "people/<username:username>/reinstate/",
        moderation.PersonReinstate.as_view(),
        name="api_person_reinstate",
    ),
]
