"""The kinds of proposal: a class of one shape each (protocol.Proposal), and one line each here."""

from contributions.proposals.add_benchmark import AddBenchmark
from contributions.proposals.add_dataset import AddDataset
from contributions.proposals.add_variant import AddVariant
from contributions.proposals.change_baseline import ChangeBaseline
from contributions.proposals.edit_dataset import EditDataset
from contributions.proposals.edit_variant import EditVariant
from contributions.proposals.fields.names import address_problem, revision_problem
from contributions.proposals.flag import FlagEntry
from contributions.proposals.lift_flag import LiftFlag
from contributions.proposals.protocol import Prefill, Proposal
from contributions.proposals.report_score import ReportScore
from hub.origins import OriginError
from hub.refusal import Refusal

KINDS: dict[str, Proposal] = {
    proposal.kind: proposal
    for proposal in (
        AddVariant(),
        AddDataset(),
        AddBenchmark(),
        ChangeBaseline(),
        EditVariant(),
        EditDataset(),
        ReportScore(),
        FlagEntry(),
        LiftFlag(),
    )
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
    if not proposal.origin_kind:
        message = f"“{proposal.label}” fetches nothing from an origin."
        raise Refusal("no_origin", message, fields={"kind": [message]})
    repo_id, revision = repo_id.strip(), revision.strip() or "main"
    problems = {"repo_id": address_problem(repo_id), "revision": revision_problem(revision)}
    fields = {name: [problem] for name, problem in problems.items() if problem}
    if fields:
        raise Refusal("invalid", next(iter(fields.values()))[0], fields=fields)
    try:
        return proposal.prefill(repo_id, revision)
    except OriginError as error:
        raise OriginRefusal(error) from error
