"""What the API says of contributions, and what it is told. Field names are the words of the design."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from contributions import proposals
from contributions.models import Check, Contribution, Event, Review, Version
from contributions.models.check import FIRST
from contributions.models.review import Verdict
from contributions.proposals.protocol import Moved, Proposal
from contributions.requirements import merge_requirements
from contributions.timeline import timeline
from contributions.trailers import trailers

# --- What is said -------------------------------------------------------------------------------


class ContributionSummary(serializers.ModelSerializer[Contribution]):
    """`head` is the newest version's number; `url` is this in the API, `page` the page for people."""

    number = serializers.IntegerField(source="pk", read_only=True)
    author = serializers.CharField(source="author.username", read_only=True)
    group = serializers.CharField(source="group.slug", allow_null=True, read_only=True)
    merged_by = serializers.CharField(source="merged_by.username", allow_null=True, read_only=True)
    variant = serializers.CharField(
        source="variant.full_name", allow_null=True, read_only=True, help_text="owner/name"
    )
    dataset = serializers.CharField(
        source="dataset.full_name", allow_null=True, read_only=True, help_text="owner/name"
    )
    url = serializers.SerializerMethodField()
    page = serializers.SerializerMethodField()

    class Meta:
        model = Contribution
        fields = [
            "number",
            "kind",
            "title",
            "subject",
            "state",
            "author",
            "group",
            "head",
            "created_at",
            "updated_at",
            "merged_by",
            "merged_at",
            "variant",
            "dataset",
            "url",
            "page",
        ]

    def get_url(self, contribution: Contribution) -> str:
        return self._absolute(reverse("api_contribution_detail", args=[contribution.pk]))

    def get_page(self, contribution: Contribution) -> str:
        return self._absolute(contribution.get_absolute_url())

    def _absolute(self, path: str) -> str:
        request = self.context.get("request")
        return request.build_absolute_uri(path) if request else path


class SuggestedParentSerializer(serializers.Serializer[Any]):
    parent_name = serializers.CharField()
    relation = serializers.CharField()
    parent_commit = serializers.CharField()
    is_dataset = serializers.BooleanField()


class CheckDetailSerializer(serializers.Serializer[Any]):
    """`field` names the proposal's field; `proposed` and `found` are the two values that differ.

    `fix` says what to do, `path` and `line` where in the repository, `url` which page of the hub helps.
    `parent` is an edge that the author can take over (checks/NAME/adopt/).
    """

    text = serializers.CharField()
    field = serializers.CharField()
    proposed = serializers.CharField()
    found = serializers.CharField()
    fix = serializers.CharField(default="")
    path = serializers.CharField(default="")
    line = serializers.IntegerField(default=None, allow_null=True)
    url = serializers.CharField(default="")
    parent = SuggestedParentSerializer(default=None, allow_null=True)


class CheckSerializer(serializers.ModelSerializer[Check]):
    """`code` and `whose` turn it is are empty unless something is in the way."""

    details = CheckDetailSerializer(many=True)
    seconds = serializers.FloatField(
        allow_null=True, help_text="Worker time of the last attempt; null before it ended."
    )

    class Meta:
        model = Check
        fields = [
            "name",
            "state",
            "required",
            "summary",
            "code",
            "whose",
            "details",
            "attempt",
            "started_at",
            "finished_at",
            "seconds",
        ]


class ReviewSerializer(serializers.ModelSerializer[Review]):
    reviewer = serializers.CharField(source="reviewer.username")

    class Meta:
        model = Review
        fields = ["reviewer", "verdict", "body", "created_at"]


class ChangeSerializer(serializers.Serializer[Any]):
    """`detail` is what the sort of field adds: words, lines, or what left and came."""

    field = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    sort = serializers.CharField(help_text="scalar, words, lines, set, rows, or a kind's own.")
    before = serializers.CharField()
    after = serializers.CharField()
    detail = serializers.DictField()


class TensorChangeSerializer(serializers.Serializer[Any]):
    """A tensor that one of two checkpoints has, or has differently: dtype and shape as text."""

    name = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class MovedSerializer(serializers.Serializer[Any]):
    """What others changed since an edit was written; `conflicts` are names of fields."""

    changes = ChangeSerializer(many=True)
    conflicts = serializers.SerializerMethodField()
    payload = serializers.DictField(help_text="What merging applies now.")

    def get_conflicts(self, moved: Moved) -> list[str]:
        return [clash.field for clash in moved.clashes]


class ComparisonSerializer(serializers.Serializer[Any]):
    """`before` is a version's number or base; empty where there is nothing to compare with."""

    before = serializers.CharField()
    after = serializers.IntegerField(source="version.number")
    changes = ChangeSerializer(many=True)
    tensors = TensorChangeSerializer(many=True)
    moved = MovedSerializer(allow_null=True)


class VersionSerializer(serializers.ModelSerializer[Version]):
    """`changes` is what differs from the version before; empty for the first."""

    author = serializers.CharField(source="author.username")
    payload = serializers.DictField()
    commit = serializers.SerializerMethodField(help_text="Pinned by the origin check; or empty.")
    changes = serializers.SerializerMethodField()
    checks = CheckSerializer(many=True)
    reviews = ReviewSerializer(many=True)

    class Meta:
        model = Version
        fields = [
            "number",
            "author",
            "note",
            "signed_off",
            "assisted_by",
            "created_at",
            "payload",
            "commit",
            "changes",
            "checks",
            "reviews",
        ]

    def get_commit(self, version: Version) -> str:
        for check in version.checks.all():
            if check.name == FIRST:
                return str(check.findings.get("commit", ""))
        return ""

    @extend_schema_field(ChangeSerializer(many=True))
    def get_changes(self, version: Version) -> Any:
        before = self.context["payloads"].get(version.number - 1)
        if before is None:
            return []
        changes = proposals.get(version.contribution.kind).changes(before, version.payload)
        return ChangeSerializer(changes, many=True).data


class ContributionEventSerializer(serializers.ModelSerializer[Event]):
    """One step. `actor` is null where the hub itself acted."""

    actor = serializers.CharField(source="actor.username", allow_null=True)
    version = serializers.IntegerField(source="version_number")
    check = serializers.CharField(source="checked.name", allow_null=True)
    verdict = serializers.CharField(source="review.verdict", allow_null=True)
    person = serializers.CharField(
        source="person.username", allow_null=True, help_text="Of a verb that is about somebody."
    )
    other = serializers.IntegerField(
        source="other_id", allow_null=True, help_text="The contribution that names this one."
    )
    body = serializers.SerializerMethodField(help_text="Of the comment or review, in Markdown.")

    class Meta:
        model = Event
        fields = [
            "id",
            "at",
            "verb",
            "actor",
            "version",
            "from_state",
            "to_state",
            "why",
            "check",
            "verdict",
            "comment",
            "thread",
            "person",
            "other",
            "run",
            "body",
        ]

    def get_body(self, event: Event) -> str:
        said = event.comment or event.review
        return said.body if said else ""


class RequirementSerializer(serializers.Serializer[Any]):
    """One thing that a merge needs."""

    code = serializers.CharField()
    text = serializers.CharField()
    met = serializers.BooleanField()


class TrailerSerializer(serializers.Serializer[Any]):
    """`person` is a username, or empty where a tool is named."""

    token = serializers.CharField()
    name = serializers.CharField()
    person = serializers.CharField(allow_blank=True)


class ContributionDetail(ContributionSummary):
    reverts = serializers.IntegerField(
        source="reverts_id", allow_null=True, help_text="Number of the one that it takes back."
    )
    reverted_by = serializers.SerializerMethodField(help_text="Numbers, whatever became of them.")
    requirements = serializers.SerializerMethodField()
    trailers = serializers.SerializerMethodField(help_text="Of a merged one.")
    versions = serializers.SerializerMethodField()
    timeline = serializers.SerializerMethodField(
        help_text="The newest hundred events, oldest first; `timeline/` has all of them."
    )

    class Meta(ContributionSummary.Meta):
        fields = [
            *ContributionSummary.Meta.fields,
            "reverts",
            "reverted_by",
            "requirements",
            "trailers",
            "versions",
            "timeline",
        ]

    def get_reverted_by(self, contribution: Contribution) -> list[int]:
        return list(contribution.reverted_by.order_by("pk").values_list("pk", flat=True))

    @extend_schema_field(RequirementSerializer(many=True))
    def get_requirements(self, contribution: Contribution) -> Any:
        return RequirementSerializer(merge_requirements(contribution), many=True).data

    @extend_schema_field(TrailerSerializer(many=True))
    def get_trailers(self, contribution: Contribution) -> Any:
        return TrailerSerializer(trailers(contribution), many=True).data

    @extend_schema_field(VersionSerializer(many=True))
    def get_versions(self, contribution: Contribution) -> Any:
        versions = contribution.versions.select_related("author").prefetch_related(
            "checks", "reviews__reviewer"
        )
        rows = list(versions)
        for version in rows:
            version.contribution = contribution
        payloads = {version.number: version.payload for version in rows}
        return VersionSerializer(rows, many=True, context={"payloads": payloads}).data

    @extend_schema_field(ContributionEventSerializer(many=True))
    def get_timeline(self, contribution: Contribution) -> Any:
        return ContributionEventSerializer(timeline(contribution), many=True).data


class PrefillSerializer(serializers.Serializer[Any]):
    """A payload to correct and submit. `fetched` names the fields that the origin filled in."""

    kind = serializers.CharField()
    payload = serializers.DictField()
    fetched = serializers.ListField(child=serializers.CharField())
    commit = serializers.CharField()
    notes = serializers.ListField(child=serializers.CharField())


class ColumnSerializer(serializers.Serializer[Any]):
    """One field of a payload; what its sort does not have is left out."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    help = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]
    sort = serializers.CharField(help_text="text, lines, choice, tags, count, rows, …")
    choices = serializers.ListField(child=serializers.CharField(), required=False)
    least = serializers.FloatField(required=False, allow_null=True)
    most = serializers.FloatField(
        required=False,
        allow_null=True,
        help_text="Characters, words or rows; of a number, its bound.",
    )


class FieldSerializer(ColumnSerializer):
    columns = ColumnSerializer(many=True, required=False)


class KindSerializer(serializers.Serializer[Any]):
    """A kind of contribution and what its payload is made of."""

    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    lead = serializers.CharField()
    group = serializers.CharField(help_text="Slug of the working group that looks after it.")
    fetches = serializers.CharField(
        source="origin_kind",
        help_text="model or dataset: what prefill asks the origin for; or empty.",
    )
    required_checks = serializers.ListField(child=serializers.CharField(), source="checks.required")
    advisory_checks = serializers.ListField(child=serializers.CharField(), source="checks.advisory")
    payload = serializers.SerializerMethodField()
    page = serializers.SerializerMethodField()

    @extend_schema_field(FieldSerializer(many=True))
    def get_payload(self, proposal: Proposal) -> Any:
        return [field.describe() for field in proposal.fields]

    def get_page(self, proposal: Proposal) -> str:
        path = reverse("submit", args=[proposal.slug])
        request = self.context.get("request")
        return request.build_absolute_uri(path) if request else path


# --- What is asked ------------------------------------------------------------------------------


class KindField(serializers.ChoiceField):
    """Reads the registry when a request comes, not when this module does."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=list(proposals.KINDS), **options)


class PrefillRequest(serializers.Serializer[Any]):
    kind = KindField()
    repo_id = serializers.CharField(max_length=200, help_text="owner/name at the origin")
    revision = serializers.CharField(max_length=200, default="main")


class SignedRequest(serializers.Serializer[Any]):
    """What comes with every version."""

    note = serializers.CharField(default="", allow_blank=True, help_text="Markdown.")
    sign_off = serializers.BooleanField(
        default=False,
        help_text="True: you certify the Developer Certificate of Origin 1.1 (/dco/). Only the "
        "account of a program goes without; a person then signs before it is merged.",
    )
    assisted_by = serializers.CharField(
        default="", allow_blank=True, max_length=200, help_text="Tools that helped, if any did."
    )


class SubmitRequest(SignedRequest):
    """`payload` as the kind defines it (`kinds/`); ask `contributions/prefill/` for a filled one."""

    kind = KindField()
    payload = serializers.DictField()


class HeadRequest(serializers.Serializer[Any]):
    head = serializers.IntegerField(min_value=1, help_text="The version that was read.")


class ReviseRequest(HeadRequest, SignedRequest):
    payload = serializers.DictField()


class ReviewRequest(HeadRequest):
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    body = serializers.CharField(
        default="", allow_blank=True, help_text="Markdown; needed to request changes."
    )


class CommentRequest(serializers.Serializer[Any]):
    body = serializers.CharField(help_text="Markdown.")


class CloseRequest(serializers.Serializer[Any]):
    why = serializers.CharField(help_text="For the author and later readers.")


class WithdrawRequest(serializers.Serializer[Any]):
    why = serializers.CharField(default="", allow_blank=True)
