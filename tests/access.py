"""Who gets through to what: one row for every address of the site, by its URL name.

tests/test_access.py walks the URLconf and holds it against this table. To add a page: add its row.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.contributions.stories import variant_payload

Who = frozenset[str]
ANYBODY: Who = frozenset({"anonymous", "stranger", "author", "reviewer", "maintainer", "admin"})
SIGNED_IN: Who = ANYBODY - {"anonymous"}
AUTHOR: Who = frozenset({"author"})
# Of a contribution, a run or a token that the author made.
AUTHOR_OR_MAINTAINER: Who = frozenset({"author", "maintainer", "admin"})
MAINTAINER: Who = frozenset({"maintainer", "admin"})
REVIEWER: Who = MAINTAINER | {"reviewer"}
ADMIN: Who = frozenset({"admin"})
NOBODY: Who = frozenset()


@dataclass(frozen=True)
class Row:
    """Who gets through, by method; whatever is not named here lets nobody in.

    `address` names what the address needs (see `World`); `body` is sent with a POST that must get as
    far as the question who may; `loose` addresses are another package's: only refusals are checked.
    """

    get: Who = NOBODY
    post: Who = NOBODY
    patch: Who = NOBODY
    delete: Who = NOBODY
    address: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    may_be_missing: bool = False
    loose: bool = False

    def who(self, method: str) -> Who:
        methods = {"GET": self.get, "POST": self.post, "PATCH": self.patch, "DELETE": self.delete}
        return methods.get(method, NOBODY)


VARIANT = {"owner": "owner", "name": "name"}
DATASET = {"owner": "owner", "name": "dataset"}
CONTRIBUTION = {"number": "contribution"}
COMMENT = {"number": "contribution", "pk": "comment"}
CHECK = {"number": "contribution", "name": "check"}
THREAD = {"number": "contribution", "pk": "thread"}
GROUP = {"slug": "group"}
SCOPE = {"slug": "group", "pk": "scope"}
ASK = {"reviewer": "cleo"}
RELEASE = {"reviewer": "ben"}
LOOKS_AFTER = {"person": "sam", "role": "reviewer"}
POLICY = {"approvals": 1}
RUN = {"pk": "run"}
PERSON = {"username": "person"}
BOARD = {"slug": "board"}
HEAD = {"head": 1}
WEBHOOK = {"pk": "webhook"}
WATCH = {"attention": "watching"}
WHY = {"why": "A reason."}
SAY = {"body": "A word."}
THREAD_ABOUT = {**HEAD, **SAY, "field": "licence"}
VERDICT = {**HEAD, "verdict": "request_changes", "body": "Please look again."}
READ = Row(get=ANYBODY)

TABLE: dict[str, Row] = {
    # --- hub: pages
    "front": READ,
    "search": READ,
    "variant_list": READ,
    "variant_detail": Row(get=ANYBODY, address=VARIANT),
    "dataset_list": READ,
    "dataset_detail": Row(get=ANYBODY, address=DATASET),
    "person_detail": Row(get=ANYBODY, address={"username": "person"}),
    "account_settings": Row(get=SIGNED_IN, post=SIGNED_IN),
    "token_create": Row(post=SIGNED_IN),
    "token_revoke": Row(post=AUTHOR, address={"pk": "token"}),
    "origin_token_list": Row(get=SIGNED_IN, post=SIGNED_IN),
    "origin_token_remove": Row(post=AUTHOR, address={"pk": "origin_token"}),
    # Whoever knows the secret; without one in the settings there is nobody to hear.
    "huggingface_webhook": Row(),
    "styleguide": Row(get=ANYBODY, may_be_missing=True),
    "healthz": READ,
    "readyz": READ,
    "robots": READ,
    # --- hub: API
    "api_schema": READ,
    "api_docs": READ,
    "api_root": READ,
    "api_me": Row(get=SIGNED_IN),
    "api_origin_token_list": Row(get=SIGNED_IN, post=SIGNED_IN),
    "api_origin_token_detail": Row(get=AUTHOR, delete=AUTHOR, address={"pk": "origin_token"}),
    "api_variant_list": READ,
    "api_variant_detail": Row(get=ANYBODY, address=VARIANT),
    "api_dataset_list": READ,
    "api_dataset_detail": Row(get=ANYBODY, address=DATASET),
    "api_checkpoint_list": READ,
    "api_checkpoint_detail": Row(get=ANYBODY, address={"pk": "checkpoint"}),
    # --- evaluations: pages
    "board_list": READ,
    "board_detail": Row(get=ANYBODY, address=BOARD),
    "board_version": Row(get=ANYBODY, address={**BOARD, "version": "version"}),
    "board_compare": Row(get=ANYBODY, address=BOARD),
    "board_export": Row(get=ANYBODY, address={**BOARD, "kind": "export"}),
    "benchmark_list": READ,
    "benchmark_detail": Row(get=ANYBODY, address={"slug": "benchmark"}),
    "benchmark_data": Row(
        get=ANYBODY,
        address={"slug": "benchmark", "version": "version", "part": "export"},
        may_be_missing=True,
    ),
    "recipe_detail": Row(get=ANYBODY, address={"digest": "recipe"}),
    "checkpoint_measure": Row(post=SIGNED_IN, address={"pk": "checkpoint"}),
    "upload_new": Row(get=SIGNED_IN, post=SIGNED_IN, address={"pk": "checkpoint"}),
    "upload_list": READ,
    "upload_detail": Row(get=ANYBODY, address={"pk": "upload"}),
    "upload_file": Row(get=ANYBODY, address={"pk": "upload", "name": "upload_file"}),
    "recipe_rescore": Row(post=MAINTAINER, address={"digest": "recipe"}, body=WHY),
    "rescoring_list": READ,
    "rescoring_detail": Row(get=ANYBODY, address={"pk": "rescoring"}),
    "rescoring_cancel": Row(post=MAINTAINER, address={"pk": "rescoring"}),
    "claim_list": READ,
    "claim_detail": Row(get=ANYBODY, address={"pk": "claim"}),
    "score_answers": Row(get=ANYBODY, address={"pk": "score"}),
    "score_answer": Row(
        get=ANYBODY, address={"pk": "score", "index": "position"}, may_be_missing=True
    ),
    "run_list": READ,
    "run_detail": Row(get=ANYBODY, address=RUN),
    "run_cancel": Row(post=AUTHOR_OR_MAINTAINER, address=RUN, body=WHY),
    "run_retry": Row(post=AUTHOR_OR_MAINTAINER, address=RUN),
    "run_vote": Row(post=SIGNED_IN - AUTHOR, address=RUN),
    "run_prioritise": Row(post=AUTHOR_OR_MAINTAINER, address=RUN, body={"priority": 0}),
    "worker_list": READ,
    "worker_detail": Row(get=ANYBODY, address={"pk": "worker"}),
    "worker_drain": Row(post=MAINTAINER, address={"pk": "worker"}),
    "run_replicate": Row(post=SIGNED_IN - AUTHOR, address=RUN),
    # --- evaluations: API
    "api_benchmark_list": READ,
    "api_benchmark_detail": Row(get=ANYBODY, address={"slug": "benchmark"}),
    "api_recipe_list": READ,
    "api_recipe_detail": Row(get=ANYBODY, address={"digest": "recipe"}),
    "api_checkpoint_report": Row(get=ANYBODY, address={"pk": "checkpoint"}),
    "api_run_list": Row(get=ANYBODY, post=SIGNED_IN),
    "api_run_detail": Row(get=ANYBODY, address=RUN),
    "api_run_vote": Row(post=SIGNED_IN - AUTHOR, delete=SIGNED_IN, address=RUN),
    "api_run_priority": Row(post=AUTHOR_OR_MAINTAINER, address=RUN, body={"priority": 0}),
    "api_queue": READ,
    "api_worker_list": READ,
    "api_worker_detail": Row(get=ANYBODY, address={"pk": "worker"}),
    "api_worker_drain": Row(post=MAINTAINER, address={"pk": "worker"}, body={"draining": True}),
    "api_run_cancel": Row(post=AUTHOR_OR_MAINTAINER, address=RUN, body=WHY),
    "api_run_retry": Row(post=AUTHOR_OR_MAINTAINER, address=RUN),
    "api_run_replicate": Row(post=SIGNED_IN - AUTHOR, address=RUN),
    "api_score_list": READ,
    "api_score_detail": Row(get=ANYBODY, address={"pk": "score"}),
    "api_score_answers": Row(get=ANYBODY, address={"pk": "score"}),
    "api_score_answer": Row(
        get=ANYBODY, address={"pk": "score", "index": "position"}, may_be_missing=True
    ),
    "api_score_parquet": Row(get=ANYBODY, address={"pk": "score"}, may_be_missing=True),
    "api_score_jsonl": Row(get=ANYBODY, address={"pk": "score"}, may_be_missing=True),
    "api_rescoring_list": Row(get=ANYBODY, post=MAINTAINER),
    "api_rescoring_detail": Row(get=ANYBODY, address={"pk": "rescoring"}),
    "api_rescoring_cancel": Row(post=MAINTAINER, address={"pk": "rescoring"}),
    "api_upload_list": READ,
    "api_upload_detail": Row(get=ANYBODY, address={"pk": "upload"}),
    "api_checkpoint_uploads": Row(post=SIGNED_IN, address={"pk": "checkpoint"}),
    "api_claim_list": READ,
    "api_claim_detail": Row(get=ANYBODY, address={"pk": "claim"}),
    "api_board_list": READ,
    "api_board_detail": Row(get=ANYBODY, address=BOARD),
    "api_standing_list": Row(get=ANYBODY, address=BOARD),
    "api_board_version": Row(get=ANYBODY, address={**BOARD, "version": "version"}),
    "api_board_version_standings": Row(get=ANYBODY, address={**BOARD, "version": "version"}),
    # --- contributions: pages
    "dco": READ,
    "submit_choose": READ,
    "draft_list": Row(get=SIGNED_IN),
    "draft_discard": Row(post=SIGNED_IN, address={"pk": "draft"}, may_be_missing=True),
    "submit": Row(get=SIGNED_IN, post=SIGNED_IN, address={"slug": "kind"}),
    "contribution_list": READ,
    "baseline_changes": Row(get=ANYBODY, address=VARIANT),
    "baseline_export": Row(get=ANYBODY, address=VARIANT),
    "api_baseline_changes": Row(get=ANYBODY, address=VARIANT),
    "contribution_detail": Row(get=ANYBODY, address=CONTRIBUTION),
    "contribution_revise": Row(get=AUTHOR, post=AUTHOR, address=CONTRIBUTION),
    "contribution_sign_off": Row(post=REVIEWER, address=CONTRIBUTION, body=HEAD),
    "contribution_revert": Row(get=ANYBODY, address=CONTRIBUTION),
    "contribution_preview": Row(post=SIGNED_IN, body={"look": "body", "body": "A word."}),
    "comment_edit": Row(get=AUTHOR, post=AUTHOR, address=COMMENT, body=SAY),
    "comment_history": Row(get=ANYBODY, address=COMMENT),
    "contribution_say": Row(post=SIGNED_IN, address=CONTRIBUTION, body=SAY),
    "contribution_merge": Row(post=MAINTAINER, address=CONTRIBUTION, body=HEAD),
    "contribution_close": Row(post=MAINTAINER, address=CONTRIBUTION, body=WHY),
    "contribution_withdraw": Row(post=AUTHOR, address=CONTRIBUTION, body=WHY),
    "contribution_rerun": Row(post=AUTHOR_OR_MAINTAINER, address=CHECK),
    "review_queue": Row(get=SIGNED_IN),
    "contribution_assign": Row(post=AUTHOR_OR_MAINTAINER, address=CONTRIBUTION, body=ASK),
    # Ben was asked by the author.
    "contribution_unassign": Row(post=REVIEWER | AUTHOR, address=CONTRIBUTION, body=RELEASE),
    "thread_open": Row(get=SIGNED_IN, post=SIGNED_IN, address=CONTRIBUTION, may_be_missing=True),
    "thread_detail": Row(get=ANYBODY, address=THREAD),
    "thread_answer": Row(post=SIGNED_IN, address=THREAD, body=SAY),
    "thread_resolve": Row(post=AUTHOR_OR_MAINTAINER, address=THREAD),
    "thread_reopen": Row(post=AUTHOR_OR_MAINTAINER, address=THREAD),
    "group_list": READ,
    "group_detail": Row(get=ANYBODY, address=GROUP),
    "scope_add": Row(post=MAINTAINER, address=GROUP, body=LOOKS_AFTER),
    "scope_remove": Row(post=MAINTAINER, address=SCOPE),
    "policy_set": Row(post=MAINTAINER, address=GROUP, body=POLICY),
    "api_review_queue": Row(get=SIGNED_IN),
    "api_contribution_reviewers": Row(
        get=ANYBODY, post=AUTHOR_OR_MAINTAINER, address=CONTRIBUTION, body=ASK
    ),
    "api_contribution_release": Row(post=REVIEWER | AUTHOR, address=CONTRIBUTION, body=RELEASE),
    "api_thread_list": Row(get=ANYBODY, post=SIGNED_IN, address=CONTRIBUTION, body=THREAD_ABOUT),
    "api_thread_answer": Row(post=SIGNED_IN, address=THREAD, body=SAY),
    "api_thread_resolve": Row(post=AUTHOR_OR_MAINTAINER, address=THREAD),
    "api_thread_reopen": Row(post=AUTHOR_OR_MAINTAINER, address=THREAD),
    "api_group_list": READ,
    "api_group_detail": Row(get=ANYBODY, address=GROUP),
    "api_scope_add": Row(post=MAINTAINER, address=GROUP, body=LOOKS_AFTER),
    "api_scope_remove": Row(post=MAINTAINER, address=SCOPE),
    "api_policy_set": Row(post=MAINTAINER, address=GROUP, body=POLICY),
    "contribution_adopt": Row(post=AUTHOR, address={**CHECK, "position": "position"}, body=HEAD),
    "variant_citation": Row(get=ANYBODY, address=VARIANT),
    "dataset_citation": Row(get=ANYBODY, address=DATASET),
    "api_variant_credit": Row(get=ANYBODY, address=VARIANT),
    "api_dataset_credit": Row(get=ANYBODY, address=DATASET),
    "moderation": Row(get=MAINTAINER),
    "audit_log": Row(get=MAINTAINER),
    "hold_detail": Row(get=AUTHOR_OR_MAINTAINER, address={"pk": "hold"}),
    "hold_release": Row(post=MAINTAINER, address={"pk": "hold"}),
    "hold_refuse": Row(post=MAINTAINER, address={"pk": "hold"}, body=WHY),
    "report": Row(get=SIGNED_IN, post=SIGNED_IN, body=WHY, may_be_missing=True),
    "abuse_report": Row(get=AUTHOR_OR_MAINTAINER, address={"pk": "abuse_report"}),
    "report_decide": Row(post=MAINTAINER, address={"pk": "abuse_report"}),
    "person_block": Row(post=SIGNED_IN, address=PERSON),
    "person_unblock": Row(post=SIGNED_IN, address=PERSON),
    "person_suspend": Row(post=MAINTAINER, address=PERSON, body=WHY),
    "person_reinstate": Row(post=MAINTAINER, address=PERSON),
    # --- contributions: API
    "api_audit_list": Row(get=MAINTAINER),
    "api_hold_list": Row(get=MAINTAINER),
    "api_hold_release": Row(post=MAINTAINER, address={"pk": "hold"}),
    "api_hold_refuse": Row(post=MAINTAINER, address={"pk": "hold"}, body=WHY),
    "api_abuse_report_list": Row(get=MAINTAINER, post=SIGNED_IN),
    "api_abuse_report_decide": Row(
        post=MAINTAINER,
        address={"pk": "abuse_report"},
        body={"outcome": "dismissed", "answer": "It is not."},
    ),
    "api_person_block": Row(post=SIGNED_IN, address=PERSON),
    "api_person_unblock": Row(post=SIGNED_IN, address=PERSON),
    "api_person_suspend": Row(post=MAINTAINER, address=PERSON, body=WHY),
    "api_person_reinstate": Row(post=MAINTAINER, address=PERSON),
    "api_kind_list": READ,
    "api_contribution_compare": Row(get=ANYBODY, address=CONTRIBUTION),
    "api_contribution_revert": Row(post=SIGNED_IN, address=CONTRIBUTION),
    "api_contribution_sign_off": Row(post=REVIEWER, address=CONTRIBUTION, body=HEAD),
    "api_contribution_list": Row(get=ANYBODY, post=SIGNED_IN),
    "api_contribution_prefill": Row(post=SIGNED_IN),
    "api_benchmark_preview": Row(post=SIGNED_IN),
    "api_contribution_detail": Row(get=ANYBODY, address=CONTRIBUTION),
    "api_contribution_versions": Row(
        post=AUTHOR,
        address=CONTRIBUTION,
        body={**HEAD, "payload": variant_payload("brooks/new", summary="Other words.")},
    ),
    "api_contribution_report": Row(get=ANYBODY, address=CONTRIBUTION, may_be_missing=True),
    "api_contribution_reviews": Row(post=REVIEWER, address=CONTRIBUTION, body=VERDICT),
    "api_contribution_comments": Row(get=ANYBODY, post=SIGNED_IN, address=CONTRIBUTION, body=SAY),
    "api_comment_detail": Row(get=ANYBODY, patch=AUTHOR, address=COMMENT, body=SAY),
    "api_comment_edits": Row(get=ANYBODY, address=COMMENT),
    "api_contribution_timeline": Row(get=ANYBODY, address=CONTRIBUTION),
    "api_preview": Row(post=SIGNED_IN, body={"text": "A word."}),
    "api_contribution_merge": Row(post=MAINTAINER, address=CONTRIBUTION, body=HEAD),
    "api_contribution_close": Row(post=MAINTAINER, address=CONTRIBUTION, body=WHY),
    "api_contribution_withdraw": Row(post=AUTHOR, address=CONTRIBUTION, body=WHY),
    "api_check_rerun": Row(post=AUTHOR_OR_MAINTAINER, address=CHECK),
    "api_check_adopt": Row(post=AUTHOR, address=CHECK, body={**HEAD, "position": 0}),
    # --- contributions: what happened
    "inbox": Row(get=SIGNED_IN),
    "inbox_count": READ,
    "inbox_read": Row(post=SIGNED_IN),
    "contribution_watch": Row(post=SIGNED_IN, address=CONTRIBUTION, body=WATCH),
    "variant_watch": Row(post=SIGNED_IN, address=VARIANT, body=WATCH),
    "dataset_watch": Row(post=SIGNED_IN, address=DATASET, body=WATCH),
    "mail_preference": Row(get=SIGNED_IN, post=SIGNED_IN),
    # Whoever has the mail: the signed address is the right, as RFC 8058 wants it.
    "mail_stop": Row(get=ANYBODY, post=ANYBODY, address={"token": "mail_token"}),
    "webhook_list": Row(get=SIGNED_IN, post=SIGNED_IN),
    "webhook_detail": Row(get=AUTHOR, post=AUTHOR, address=WEBHOOK),
    "webhook_secret": Row(get=AUTHOR, address=WEBHOOK),
    "webhook_switch": Row(post=AUTHOR, address=WEBHOOK),
    "webhook_try": Row(post=AUTHOR, address=WEBHOOK),
    "delivery_again": Row(post=AUTHOR, address={"pk": "delivery"}),
    "feed_contributions": READ,
    "feed_merged": READ,
    "feed_contribution": Row(get=ANYBODY, address=CONTRIBUTION),
    "feed_variant": Row(get=ANYBODY, address=VARIANT),
    "feed_dataset": Row(get=ANYBODY, address=DATASET),
    "feed_board": Row(get=ANYBODY, address=BOARD),
    "api_inbox": Row(get=SIGNED_IN),
    "api_inbox_read": Row(post=SIGNED_IN),
    "api_mail": Row(get=SIGNED_IN, post=SIGNED_IN, body={"pace": "off"}),
    "api_contribution_watch": Row(get=SIGNED_IN, post=SIGNED_IN, address=CONTRIBUTION, body=WATCH),
    "api_variant_watch": Row(get=SIGNED_IN, post=SIGNED_IN, address=VARIANT, body=WATCH),
    "api_dataset_watch": Row(get=SIGNED_IN, post=SIGNED_IN, address=DATASET, body=WATCH),
    "api_webhook_list": Row(get=SIGNED_IN, post=SIGNED_IN),
    "api_webhook_detail": Row(get=AUTHOR, post=AUTHOR, address=WEBHOOK),
    "api_webhook_switch": Row(post=AUTHOR, address=WEBHOOK, body={"on": False}),
    "api_webhook_try": Row(post=AUTHOR, address=WEBHOOK),
    # Of a webhook of somebody else the log is empty, whether there is such a webhook or not.
    "api_delivery_list": Row(get=SIGNED_IN, address=WEBHOOK),
    "api_delivery_again": Row(post=AUTHOR, address={"pk": "delivery"}),
    # --- allauth: signing in is for everybody, the rest for whoever is signed in
    **dict.fromkeys(
        [
            "account_login",
            "account_logout",
            "account_signup",
            "account_inactive",
            "account_email_verification_sent",
            "account_confirm_email",
            "account_confirm_login_code",
            "account_reset_password",
            "account_reset_password_done",
            "account_reset_password_from_key",
            "account_reset_password_from_key_done",
            "mfa_authenticate",
        ],
        Row(
            get=ANYBODY,
            post=ANYBODY,
            address={"key": "word", "uidb36": "word"},
            may_be_missing=True,
            loose=True,
        ),
    ),
    **dict.fromkeys(
        [
            "account_reauthenticate",
            "account_email",
            "account_change_password",
            "account_set_password",
            "mfa_index",
            "mfa_reauthenticate",
            "mfa_activate_totp",
            "mfa_deactivate_totp",
            "mfa_view_recovery_codes",
            "mfa_generate_recovery_codes",
            "mfa_download_recovery_codes",
        ],
        Row(get=SIGNED_IN, post=SIGNED_IN, may_be_missing=True, loose=True),
    ),
}
MIRROR = Row(
    get=ANYBODY,
    address={**VARIANT, "revision": "word", "path": "word"},
    may_be_missing=True,
    # It tells Hugging Face's client of a repository that is not there by 401, as the Hub does.
    loose=True,
)
# By the beginning of the name: what has one rule for all of it.
FAMILIES: dict[str, Row] = {
    # Reading, although huggingface_hub asks with POST.
    "mirror:model_paths_info": Row(**{**vars(MIRROR), "post": ANYBODY, "get": ANYBODY}),
    "mirror:dataset_paths_info": Row(**{**vars(MIRROR), "post": ANYBODY, "get": ANYBODY}),
    "mirror:": MIRROR,
    "admin:login": Row(get=ANYBODY, post=ANYBODY, loose=True),
    "admin:logout": Row(get=ANYBODY, post=ANYBODY, loose=True),
    "admin:": Row(
        get=ADMIN,
        post=ADMIN,
        address={
            "object_id": "person_pk",
            "id": "person_pk",
            "app_label": "app",
            "content_type_id": "person_pk",
            "url": "word",
        },
        may_be_missing=True,
        loose=True,
    ),
}
