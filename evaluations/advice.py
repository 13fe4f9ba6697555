"""What to do about a failure: one sentence for each code, and the lines of the log that explain it."""

import re
from typing import Final

AGAIN: Final = "Run it again; tell a maintainer if it ends the same way."
NEW_COMMIT: Final = "Then have the new commit measured: the same bytes will fail again."

# code of a harness's, an origin's or our own failure -> what whoever's turn it is does now.
ADVICE: Final = {
    # --- the checkpoint
    "missing_config": f"Upload the config.json that belongs to the weights. {NEW_COMMIT}",
    "pickle_weights": f"Save the weights as safetensors (save_pretrained does). {NEW_COMMIT}",
    "not_a_model": f"Upload weights with their configuration and tokenizer. {NEW_COMMIT}",
    "config_mismatch": f"Make config.json describe these very weights. {NEW_COMMIT}",
    "adapter_beside_weights": f"Keep either the adapter or the merged weights. {NEW_COMMIT}",
    "foreign_base": "Correct the base in the lineage or in adapter_config.json: they must name the same.",
    "needs_gpu": "Ask a maintainer for a recipe on a GPU queue, or publish weights that a CPU can load.",
    "unsafe_files": f"Remove the files that the message names. {NEW_COMMIT}",
    "needs_own_code": "Publish it for an architecture that transformers knows: the hub runs nobody's code.",
    "not_finite": f"Look for overflowing or damaged weights: answers were not numbers. {NEW_COMMIT}",
    "bad_weights": f"Save the file anew and upload it whole. {NEW_COMMIT}",
    "too_large": "Submit a smaller or quantised checkpoint, or ask a maintainer to raise the limit.",
    "too_many_files": f"Save the weights in fewer shards. {NEW_COMMIT}",
    # --- the measurement
    "out_of_bounds": "A maintainer looks at the benchmark: its bounds or its scorer are wrong.",
    "bad_job": "A maintainer looks at the recipe: the harness cannot make sense of it.",
    "bad_output": "A maintainer looks at the log: the harness answered something else than was asked.",
    "too_much_output": "A maintainer looks at the log: the evaluation wrote more than it may.",
    "too_many_processes": "A maintainer looks at the recipe: it started more processes than it may.",
    "timed_out": "Ask for a smaller recipe or a quicker queue; a maintainer may raise HARNESS_WALL_SECONDS.",
    "cancelled": "Nothing: somebody asked for it. Run it again if that was a mistake.",
    "unavailable": "A maintainer starts a worker that has what the recipe names (see the workers' page).",
    "out_of_memory": "Ask a maintainer for a queue with more memory, or measure a quantised variant.",
    "harness_crashed": f"Read the lines below: they are the last that the harness wrote. {AGAIN}",
    "stalled": f"The evaluation said nothing for too long. {AGAIN}",
    # --- the origin
    "bad_repo_id": "Correct the repository's name in the entry: it is owner/name.",
    "repo_not_found": "Make the repository public, or correct its name in the entry.",
    "revision_not_found": "Submit a commit that the repository has.",
    "file_not_found": "Submit a commit that still has all of its files.",
    "gated": "Open the repository, or lend the hub a token that may read it.",
    "private": "Make the repository public, or lend the hub a token that may read it.",
    "unauthorised": "Make the repository public, or lend the hub a token that may read it.",
    "bad_origin_token": "Whoever lent the token renews it in their settings; then run it again.",
    "disabled": "Ask the origin why it disabled the repository.",
    "bad_token": "A maintainer renews HF_TOKEN; then run it again.",
    "foreign_host": "A maintainer decides whether that host may be fetched from (ORIGIN_HOSTS).",
    "refused": "A maintainer looks at what the origin answered.",
    "rate_limited": f"The origin asked for fewer requests. {AGAIN}",
    "origin_down": f"The origin was away for longer than the hub waited. {AGAIN}",
    "origin_slow": f"The origin was slower than the hub waits. {AGAIN}",
    "tls": "A maintainer looks at certificates and proxies between the worker and the origin.",
    "not_the_hub": "A maintainer looks at HF_ENDPOINT and at proxies before it.",
    "truncated": f"What arrived is kept and is not fetched again. {AGAIN}",
    "checksum_mismatch": "Run it again; if it stays so, the author uploads the file again.",
    "size_mismatch": "Run it again; if it stays so, the author uploads the file again.",
    # --- the hub
    "disk_full": "A maintainer makes room on the worker's disk; then run it again.",
    "lease_lost": f"Its workers died or lost the database, several times. {AGAIN}",
    "hub_error": "A maintainer finds the mistake in the worker's log; then run it again.",
    "trial_failed": "Put right what the trial says, then have it measured again.",
}

EXPLAINS: Final = re.compile(
    r"\b(\w*(?:Error|Exception|Interrupt)\b|panicked|[Kk]illed|out of memory|[Ff]atal|FATAL|CUDA error)"
)
LINES_BEFORE, LINES_AFTER, LINES_ELSE = 2, 2, 4
LONGEST_LINE: Final = 400


def advice_for(code: str) -> str:
    """What to do now; empty without a failure. A code from before this table says to look."""
    return ADVICE.get(code, "A maintainer looks at the log.") if code else ""


def excerpt(log: str) -> str:
    """The lines that explain how it ended: round the last that names an error, else the last ones.

    `log` is untrusted text and so is the answer.
    """
    lines = [line.rstrip()[:LONGEST_LINE] for line in log.splitlines() if line.strip()]
    named = [number for number, line in enumerate(lines) if EXPLAINS.search(line)]
    if not named:
        return "\n".join(lines[-LINES_ELSE:])
    return "\n".join(lines[max(0, named[-1] - LINES_BEFORE) : named[-1] + LINES_AFTER + 1])
