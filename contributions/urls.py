"""Pages about changing the catalogue."""

from django.urls import include, path

from contributions.views import (
    assignments,
    baselines,
    checks,
    contributions,
    conversation,
    credit,
    dco,
    drafts,
    groups,
    moves,
    queue,
    submit,
    threads,
)

urlpatterns = [
    path("dco/", dco.certificate, name="dco"),
    # /inbox/ /account/mail/ /account/webhooks/ /feeds/ …/watch/
    path("", include("contributions.news_urls")),
    # /submit/
    path("submit/", submit.choose_kind, name="submit_choose"),
    path("submit/<slug:slug>/", submit.submit_entry, name="submit"),
    # /variants/…/cite.bib /datasets/…/cite.bib
    path(
        "variants/<entry:owner>/<entry:name>/cite.bib",
        credit.variant_citation,
        name="variant_citation",
    ),
    path(
        "datasets/<entry:owner>/<entry:name>/cite.bib",
        credit.dataset_citation,
        name="dataset_citation",
    ),
    # /baselines/
    path(
        "baselines/<entry:owner>/<entry:name>/",
        baselines.baseline_changes,
        name="baseline_changes",
    ),
    path(
        "baselines/<entry:owner>/<entry:name>/changes.csv",
        baselines.baseline_export,
        name="baseline_export",
    ),
    # /account/drafts/
    path("account/drafts/", drafts.draft_list, name="draft_list"),
    path("account/drafts/<int:pk>/discard/", drafts.draft_discard, name="draft_discard"),
    # /contributions/
    path("contributions/preview/", conversation.preview, name="contribution_preview"),
    path("contributions/queue/", queue.review_queue, name="review_queue"),
    path("", include("contributions.moderation_urls")),
    path("contributions/", contributions.contribution_list, name="contribution_list"),
    path(
        "contributions/<int:number>/", contributions.contribution_detail, name="contribution_detail"
    ),
    path("contributions/<int:number>/revise/", submit.revise_entry, name="contribution_revise"),
    path("contributions/<int:number>/sign-off/", dco.sign, name="contribution_sign_off"),
    path("contributions/<int:number>/revert/", submit.revert_entry, name="contribution_revert"),
    path("contributions/<int:number>/say/", moves.say, name="contribution_say"),
    path(
        "contributions/<int:number>/comments/<int:pk>/edit/",
        conversation.comment_edit,
        name="comment_edit",
    ),
    path(
        "contributions/<int:number>/comments/<int:pk>/history/",
        conversation.comment_history,
        name="comment_history",
    ),
    path("contributions/<int:number>/merge/", moves.merge_contribution, name="contribution_merge"),
    path("contributions/<int:number>/close/", moves.close_contribution, name="contribution_close"),
    path(
        "contributions/<int:number>/withdraw/",
        moves.withdraw_contribution,
        name="contribution_withdraw",
    ),
    path(
        "contributions/<int:number>/checks/<slug:name>/adopt/<int:position>/",
        checks.adopt,
        name="contribution_adopt",
    ),
    path(
        "contributions/<int:number>/checks/<slug:name>/rerun/",
        moves.rerun,
        name="contribution_rerun",
    ),
    path(
        "contributions/<int:number>/assign/",
        assignments.assign_reviewer,
        name="contribution_assign",
    ),
    path(
        "contributions/<int:number>/unassign/",
        assignments.unassign_reviewer,
        name="contribution_unassign",
    ),
    path("contributions/<int:number>/threads/new/", threads.thread_open, name="thread_open"),
    path(
        "contributions/<int:number>/threads/<int:pk>/", threads.thread_detail, name="thread_detail"
    ),
    path(
        "contributions/<int:number>/threads/<int:pk>/answer/",
        threads.thread_answer,
        name="thread_answer",
    ),
    path(
        "contributions/<int:number>/threads/<int:pk>/resolve/",
        threads.thread_resolve,
        name="thread_resolve",
    ),
    path(
        "contributions/<int:number>/threads/<int:pk>/reopen/",
        threads.thread_reopen,
        name="thread_reopen",
    ),
    # /groups/
    path("groups/", groups.group_list, name="group_list"),
    path("groups/<slug:slug>/", groups.group_detail, name="group_detail"),
    path("groups/<slug:slug>/scopes/", groups.scope_add, name="scope_add"),
    path("groups/<slug:slug>/scopes/<int:pk>/remove/", groups.scope_remove, name="scope_remove"),
    path("groups/<slug:slug>/policy/", groups.policy_set, name="policy_set"),
]
