"""The kinds of proposal: a module of one shape each (protocol.py), and one line each here."""

from collections.abc import Mapping

from contributions.proposals import add_dataset, add_variant
from contributions.proposals.payload import REVISION, repository_problem
from contributions.proposals.protocol import Prefill, Proposal
from hub.origins import OriginError
from hub.refusal import Refusal

KINDS: Mapping[str, Proposal] = {
    "add_variant": add_variant,
    "add_dataset": add_dataset,
}


class OriginRefusal(Refusal):
    """What the origin said, at the field that it is about. `whose` turn: "submitter" or "hub"."""

    def __init__(self, error: OriginError) -> None:
        field = "revision" if error.code == "revision_not_found" else "repo_id"
        super().__init__(error.code, error.message, fields={field: [error.message]})
        self.whose = error.whose


def get(kind: str) -> Proposal:
    """Raises Refusal `unknown_kind`."""
    if kind not in KINDS:
        message = f"There is no such kind of contribution. Choose one of {', '.join(KINDS)}."
        raise Refusal("unknown_kind", message, fields={"kind": [message]})
    return KINDS[kind]


def prefill(*, kind: str, repo_id: str, revision: str = "main") -> Prefill:
    """Ask the origin what it knows. Raises OriginRefusal, or Refusal for a name that is none."""
    proposal = get(kind)
    repo_id, revision = repo_id.strip(), revision.strip() or "main"
    problems = {"repo_id": repository_problem(repo_id)}
    if not REVISION.fullmatch(revision) or ".." in revision:
        problems["revision"] = "Give a branch, a tag or a commit of the repository."
    fields = {name: [problem] for name, problem in problems.items() if problem}
    if fields:
        raise Refusal("invalid", next(iter(fields.values()))[0], fields=fields)
    try:
        return proposal.prefill(repo_id, revision)
    except OriginError as error:
        raise OriginRefusal(error) from error
