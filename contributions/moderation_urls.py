"""Pages about moderation, and what one does about a person."""

from django.urls import path

import hub.converters  # noqa: F401 registers <username:…>
from contributions.views import moderation, people

urlpatterns = [
    path("moderation/", moderation.moderation, name="moderation"),
    path("moderation/audit/", moderation.audit_log, name="audit_log"),
    path("moderation/holds/<int:pk>/", moderation.hold_detail, name="hold_detail"),
    path("moderation/holds/<int:pk>/release/", moderation.hold_release, name="hold_release"),
    path("moderation/holds/<int:pk>/refuse/", moderation.hold_refuse, name="hold_refuse"),
    path("report/", moderation.report, name="report"),
    path("moderation/reports/<int:pk>/", moderation.abuse_report, name="abuse_report"),
    path("moderation/reports/<int:pk>/decide/", moderation.report_decide, name="report_decide"),
    path("people/<username:username>/block/", people.person_block, name="person_block"),
    path("people/<username:username>/unblock/", people.person_unblock, name="person_unblock"),
    path("people/<username:username>/suspend/", people.person_suspend, name="person_suspend"),
    path("people/<username:username>/reinstate/", people.person_reinstate, name="person_reinstate"),
]
