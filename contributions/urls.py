"""Pages about changing the catalogue."""

from django.urls import path

from contributions.views import contributions, credit, dco, moves, submit

urlpatterns = [
    path("dco/", dco.certificate, name="dco"),
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
    # /contributions/
    path("contributions/", contributions.contribution_list, name="contribution_list"),
    path(
        "contributions/<int:number>/", contributions.contribution_detail, name="contribution_detail"
    ),
    path("contributions/<int:number>/revise/", submit.revise_entry, name="contribution_revise"),
    path("contributions/<int:number>/revert/", submit.revert_entry, name="contribution_revert"),
    path("contributions/<int:number>/say/", moves.say, name="contribution_say"),
    path("contributions/<int:number>/merge/", moves.merge_contribution, name="contribution_merge"),
    path("contributions/<int:number>/close/", moves.close_contribution, name="contribution_close"),
    path(
        "contributions/<int:number>/withdraw/",
        moves.withdraw_contribution,
        name="contribution_withdraw",
    ),
    path(
        "contributions/<int:number>/checks/<slug:name>/rerun/",
        moves.rerun,
        name="contribution_rerun",
    ),
]
