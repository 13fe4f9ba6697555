"""The reasons for which an origin gives nothing: a code, a sentence, whose turn it is."""

from dataclasses import dataclass
from typing import Literal

Whose = Literal["submitter", "hub"]


@dataclass(frozen=True)
class Kind:
    """What happened, what it means and what to do, as one template."""

    sentence: str
    whose: Whose
    retryable: bool = False


KINDS: dict[str, Kind] = {
    "bad_repo_id": Kind(
        "“{what}” is not a repository name. Write owner/name, as in its address.", "submitter"
    ),
    "repo_not_found": Kind(
        "There is no public repository {what} at {host}: it does not exist, or it is private. "
        "Check the spelling, or make it public.",
        "submitter",
    ),
    "revision_not_found": Kind(
        "{what} was not found: the repository has no such branch, tag or commit. "
        "Check the revision; `main` is the usual one.",
        "submitter",
    ),
    "file_not_found": Kind(
        "{what} is not in the repository at this commit any more. Submit a commit that has it.",
        "submitter",
    ),
    "gated": Kind(
        "{what} is gated: {host} gives its files only to people who accepted its terms. "
        "Open it, or lend this hub a token that may read it (Settings, Origin tokens).",
        "submitter",
    ),
    "private": Kind(
        "{host} does not let this hub read {what}: it is private, or access is restricted. "
        "Make it public and try again.",
        "submitter",
    ),
    "unauthorised": Kind(
        "{host} wants to know who asks for {what}, and this hub may not say: it does not exist, or it "
        "is private. Make it public and try again.",
        "submitter",
    ),
    "disabled": Kind("{host} has disabled {what}. Ask there why.", "submitter"),
    "bad_token": Kind(
        "{host} refused this hub's own credentials. A maintainer has to renew HF_TOKEN.", "hub"
    ),
    "bad_origin_token": Kind(
        "{host} refused the token “{label}” that {person} lent for {what}: it expired, or its owner "
        "may not read this. {person} has to renew it (Settings, Origin tokens).",
        "submitter",
    ),
    "foreign_host": Kind(
        "{what} was sent on to {detail}, where this hub fetches nothing from. A maintainer may allow "
        "that host (ORIGIN_HOSTS).",
        "hub",
    ),
    "refused": Kind(
        "{host} refused the request for {what} (HTTP {status}). Trying again will not help; "
        "a maintainer has to look.",
        "hub",
    ),
    "rate_limited": Kind(
        "{host} asks this hub to slow down (HTTP 429){wait}. It is tried again later.", "hub", True
    ),
    "origin_down": Kind(
        "{host} cannot be reached, or answers with errors ({detail}). "
        "Nothing is wrong with {what}; it is tried again later.",
        "hub",
        True,
    ),
    "origin_slow": Kind(
        "{host} did not answer within {seconds:g} seconds. "
        "Nothing is wrong with {what}; it is tried again later.",
        "hub",
        True,
    ),
    "tls": Kind(
        "The secure connection to {host} failed ({detail}). A maintainer has to look at "
        "certificates or proxies; nothing was sent.",
        "hub",
    ),
    "not_the_hub": Kind(
        "What {host} answered about {what} is not what a Hugging Face endpoint answers. A proxy may "
        "stand between, or HF_ENDPOINT names the wrong place.",
        "hub",
        True,
    ),
    "truncated": Kind(
        "The connection to {host} broke again and again while {what} was on its way. "
        "What arrived is kept, and it is tried again later.",
        "hub",
        True,
    ),
    "checksum_mismatch": Kind(
        "The bytes of {what} are not the ones that {host} announced (SHA-256 differs). "
        "They were thrown away. If it happens again, upload the file again.",
        "hub",
        True,
    ),
    "size_mismatch": Kind(
        "{what} does not have the size that {host} announced; its bytes were thrown away. "
        "If it happens again, upload the file again.",
        "hub",
        True,
    ),
    "too_large": Kind(
        "{what} is larger than this hub takes ({size} of at most {limit}). "
        "Submit a smaller or quantised checkpoint, or ask a maintainer.",
        "submitter",
    ),
    "too_many_files": Kind(
        "{what} has {size} files that an evaluation would load; this hub takes at most {limit}. "
        "Save it in fewer shards.",
        "submitter",
    ),
    "disk_full": Kind(
        "This hub has no room left for {what}. Nothing was kept; a maintainer has to make room, "
        "then it is tried again.",
        "hub",
        True,
    ),
    "bad_weights": Kind(
        "{what} is not a readable safetensors file: {detail}. Save and upload it again.",
        "submitter",
    ),
}
