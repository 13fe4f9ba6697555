"""Everything about contributions under /api/v1/."""

from django.urls import path

from contributions.api import credit, report, views

urlpatterns = [
    path(
        "variants/<entry:owner>/<entry:name>/credit/",
        credit.VariantCredit.as_view(),
        name="api_variant_credit",
    ),
    path(
        "datasets/<entry:owner>/<entry:name>/credit/",
        credit.DatasetCredit.as_view(),
        name="api_dataset_credit",
    ),
    path("kinds/", views.Kinds.as_view(), name="api_kind_list"),
    path("contributions/", views.ContributionList.as_view(), name="api_contribution_list"),
    path("contributions/prefill/", views.Prefill.as_view(), name="api_contribution_prefill"),
    path(
        "contributions/<int:number>/",
        views.ContributionOne.as_view(),
        name="api_contribution_detail",
    ),
    path(
        "contributions/<int:number>/versions/",
        views.Versions.as_view(),
        name="api_contribution_versions",
    ),
    path(
        "contributions/<int:number>/report/",
        report.ContributionReport.as_view(),
        name="api_contribution_report",
    ),
    path(
        "contributions/<int:number>/reviews/",
        views.Reviews.as_view(),
        name="api_contribution_reviews",
    ),
    path(
        "contributions/<int:number>/comments/",
        views.Comments.as_view(),
        name="api_contribution_comments",
    ),
    path(
        "contributions/<int:number>/revert/", views.Revert.as_view(), name="api_contribution_revert"
    ),
    path(
        "contributions/<int:number>/sign-off/",
        views.SignOff.as_view(),
        name="api_contribution_sign_off",
    ),
    path(
        "contributions/<int:number>/compare/",
        views.Compare.as_view(),
        name="api_contribution_compare",
    ),
    path("contributions/<int:number>/merge/", views.Merge.as_view(), name="api_contribution_merge"),
    path("contributions/<int:number>/close/", views.Close.as_view(), name="api_contribution_close"),
    path(
        "contributions/<int:number>/withdraw/",
        views.Withdraw.as_view(),
        name="api_contribution_withdraw",
    ),
    path(
        "contributions/<int:number>/checks/<slug:name>/rerun/",
        views.Rerun.as_view(),
        name="api_check_rerun",
    ),
]
