"""Everything about contributions under /api/v1/."""

from django.urls import include, path

from contributions.api import (
    baselines,
    benchmarks,
    checks,
    conversation,
    credit,
    queue,
    report,
    reviewing,
    threads,
    views,
)

urlpatterns = [
    path("", include("contributions.api.news_urls")),
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
    path(
        "baselines/<entry:owner>/<entry:name>/changes/",
        baselines.BaselineChanges.as_view(),
        name="api_baseline_changes",
    ),
    path("", include("contributions.api.moderation_urls")),
    path("benchmarks/preview/", benchmarks.Preview.as_view(), name="api_benchmark_preview"),
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
        conversation.Comments.as_view(),
        name="api_contribution_comments",
    ),
    path(
        "contributions/<int:number>/comments/<int:pk>/",
        conversation.CommentOne.as_view(),
        name="api_comment_detail",
    ),
    path(
        "contributions/<int:number>/comments/<int:pk>/edits/",
        conversation.CommentEdits.as_view(),
        name="api_comment_edits",
    ),
    path(
        "contributions/<int:number>/timeline/",
        conversation.Timeline.as_view(),
        name="api_contribution_timeline",
    ),
    path("contributions/preview/", conversation.Preview.as_view(), name="api_preview"),
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
        "contributions/<int:number>/checks/<slug:name>/adopt/",
        checks.Adopt.as_view(),
        name="api_check_adopt",
    ),
    path(
        "contributions/<int:number>/checks/<slug:name>/rerun/",
        views.Rerun.as_view(),
        name="api_check_rerun",
    ),
    path("contributions/queue/", queue.ReviewQueue.as_view(), name="api_review_queue"),
    path(
        "contributions/<int:number>/reviewers/",
        reviewing.Reviewers.as_view(),
        name="api_contribution_reviewers",
    ),
    path(
        "contributions/<int:number>/reviewers/release/",
        reviewing.Release.as_view(),
        name="api_contribution_release",
    ),
    path("contributions/<int:number>/threads/", threads.Threads.as_view(), name="api_thread_list"),
    path(
        "contributions/<int:number>/threads/<int:pk>/comments/",
        threads.ThreadAnswers.as_view(),
        name="api_thread_answer",
    ),
    path(
        "contributions/<int:number>/threads/<int:pk>/resolve/",
        threads.ThreadResolve.as_view(),
        name="api_thread_resolve",
    ),
    path(
        "contributions/<int:number>/threads/<int:pk>/reopen/",
        threads.ThreadReopen.as_view(),
        name="api_thread_reopen",
    ),
    path("groups/", reviewing.GroupList.as_view(), name="api_group_list"),
    path("groups/<slug:slug>/", reviewing.GroupOne.as_view(), name="api_group_detail"),
    path("groups/<slug:slug>/scopes/", reviewing.Scopes.as_view(), name="api_scope_add"),
    path(
        "groups/<slug:slug>/scopes/<int:pk>/remove/",
        reviewing.ScopeRemove.as_view(),
        name="api_scope_remove",
    ),
    path("groups/<slug:slug>/policy/", reviewing.Policy.as_view(), name="api_policy_set"),
]
