"""What the API says about the catalogue. All output: the catalogue changes by contributions."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from hub.api import further
from hub.drift import news_of
from hub.models import (
    CardRevision,
    Checkpoint,
    Dataset,
    LineageEdge,
    ModelVariant,
    OriginChange,
    User,
)

ENTRY_FIELDS = [
    "owner",
    "name",
    "full_name",
    "repo_id",
    "state",
    "licence",
    "licence_name",
    "summary",
    "tags",
]
TIMES = ["created_at", "updated_at", "url", "page"]


class OriginChangeSerializer(serializers.ModelSerializer[OriginChange]):
    """What happened at the origin: `kind` is commit, renamed, gated, gone, back or replaced."""

    kind = serializers.CharField()

    class Meta:
        model = OriginChange
        fields = ["kind", "before", "after", "found_at"]


class OriginSerializer(serializers.Serializer[Any]):
    """What was seen at the origin: commit and state are empty before the first look."""

    state = serializers.CharField(
        source="origin_state", help_text="here, gated, gone, replaced or empty"
    )
    commit = serializers.CharField(source="origin_commit", help_text="The newest one.")
    seen_at = serializers.DateTimeField(source="origin_seen_at", allow_null=True)
    changes = serializers.SerializerMethodField(help_text="The newest 20.")

    @extend_schema_field(OriginChangeSerializer(many=True))
    def get_changes(self, entry: ModelVariant | Dataset) -> Any:
        return OriginChangeSerializer(news_of(entry).changes, many=True).data


class EntryLinks(serializers.Serializer[Any]):
    """`url` is the entry in the API, `page` the page for people; both absolute."""

    full_name = serializers.CharField(read_only=True)
    url = serializers.SerializerMethodField()
    page = serializers.SerializerMethodField()

    def get_url(self, entry: ModelVariant | Dataset) -> str:
        kind = "variant" if isinstance(entry, ModelVariant) else "dataset"
        return self._absolute(reverse(f"api_{kind}_detail", args=[entry.owner, entry.name]))

    def get_page(self, entry: ModelVariant | Dataset) -> str:
        return self._absolute(entry.get_absolute_url())

    def _absolute(self, path: str) -> str:
        request = self.context.get("request")
        return request.build_absolute_uri(path) if request else path


class FileSerializer(serializers.Serializer[Any]):
    path = serializers.CharField()
    size = serializers.IntegerField(help_text="bytes")
    sha256 = serializers.CharField()


class CheckpointSummary(serializers.ModelSerializer[Checkpoint]):
    variant = serializers.CharField(source="variant.full_name", help_text="owner/name")
    size = serializers.IntegerField(help_text="bytes")
    base = serializers.PrimaryKeyRelatedField[Checkpoint](
        read_only=True, help_text="The checkpoint that an adapter is measured on."
    )

    class Meta:
        model = Checkpoint
        fields = [
            "id",
            "variant",
            "base",
            "commit",
            "digest",
            "weights_digest",
            "size",
            "dtype",
            "parameters",
            "created_at",
        ]


class CheckpointDetail(CheckpointSummary):
    files = FileSerializer(many=True)

    class Meta(CheckpointSummary.Meta):
        fields = [*CheckpointSummary.Meta.fields, "files"]


class RevisionSummary(serializers.ModelSerializer[CardRevision]):
    published_by = serializers.CharField(source="published_by.username")

    class Meta:
        model = CardRevision
        fields = ["number", "published_by", "published_at"]


class CardSerializer(RevisionSummary):
    text = serializers.CharField(help_text="The card as written: YAML front matter and Markdown.")
    metadata = serializers.DictField(help_text="The front matter, parsed.")

    class Meta(RevisionSummary.Meta):
        fields = [*RevisionSummary.Meta.fields, "metadata", "text"]


class ParentSerializer(serializers.ModelSerializer[LineageEdge]):
    """Where a variant comes from. `url` is null while nobody has added the parent."""

    name = serializers.SerializerMethodField(help_text="owner/name")
    kind = serializers.SerializerMethodField(help_text="variant or dataset; empty when unknown")
    url = serializers.SerializerMethodField()

    class Meta:
        model = LineageEdge
        fields = ["name", "kind", "relation", "evidence", "parent_commit", "url"]

    def get_name(self, edge: LineageEdge) -> str:
        parent = edge.parent or edge.parent_dataset
        return parent.full_name if parent else edge.parent_name

    def get_kind(self, edge: LineageEdge) -> str:
        return "variant" if edge.parent_id else "dataset" if edge.parent_dataset_id else ""

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_url(self, edge: LineageEdge) -> str | None:
        parent = edge.parent or edge.parent_dataset
        return EntryLinks(context=self.context).get_url(parent) if parent else None


class ChildSerializer(serializers.ModelSerializer[LineageEdge]):
    """What came from this entry."""

    name = serializers.CharField(source="child.full_name", help_text="owner/name")
    url = serializers.SerializerMethodField()

    class Meta:
        model = LineageEdge
        fields = ["name", "relation", "evidence", "parent_commit", "url"]

    def get_url(self, edge: LineageEdge) -> str:
        return EntryLinks(context=self.context).get_url(edge.child)


class VariantSummary(EntryLinks, serializers.ModelSerializer[ModelVariant]):
    class Meta:
        model = ModelVariant
        fields = [*ENTRY_FIELDS, "parameters", "architecture", "relation", *TIMES]


class DatasetSummary(EntryLinks, serializers.ModelSerializer[Dataset]):
    class Meta:
        model = Dataset
        fields = [*ENTRY_FIELDS, "purpose", "size", *TIMES]


class VariantDetail(VariantSummary):
    """`children` holds the newest 100; `variants/?parent=owner/name` pages through all of them."""

    parents = ParentSerializer(source="parent_edges", many=True)
    children = ChildSerializer(source="newest_children", many=True)
    checkpoints = CheckpointSummary(source="newest_checkpoints", many=True)
    card = CardSerializer(source="current_card", allow_null=True)
    revisions = RevisionSummary(source="newest_revisions", many=True)
    origin = OriginSerializer(source="*")

    class Meta(VariantSummary.Meta):
        fields = [
            *VariantSummary.Meta.fields,
            "parents",
            "children",
            "checkpoints",
            "card",
            "revisions",
            "origin",
        ]

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), **further.fields("variant")}


class DatasetDetail(DatasetSummary):
    children = ChildSerializer(source="newest_children", many=True)
    card = CardSerializer(source="current_card", allow_null=True)
    revisions = RevisionSummary(source="newest_revisions", many=True)
    origin = OriginSerializer(source="*")

    class Meta(DatasetSummary.Meta):
        fields = [*DatasetSummary.Meta.fields, "children", "card", "revisions", "origin"]

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), **further.fields("dataset")}


class MeSerializer(serializers.ModelSerializer[User]):
    """Who the caller is, and what this token may do (null: signed in by a browser)."""

    page = serializers.SerializerMethodField()
    scopes = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["username", "role", "scopes", "page"]

    def get_page(self, user: User) -> str:
        address: str = self.context["request"].build_absolute_uri(user.get_absolute_url())
        return address

    @extend_schema_field(serializers.ListField(child=serializers.CharField(), allow_null=True))
    def get_scopes(self, user: User) -> list[str] | None:
        token = self.context["request"].auth
        return list(token.scopes) if token else None


class ErrorBody(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable; for programs.")
    message = serializers.CharField(help_text="One sentence; for people.")
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField())
    )


class ErrorSerializer(serializers.Serializer[Any]):
    """The shape of every error."""

    error = ErrorBody()
