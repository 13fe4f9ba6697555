"""What a model variant and a dataset have in common: a name at an origin, a licence, a card."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Cast

validate_name = RegexValidator(
    r"^(?!.*(?:--|\.\.))[A-Za-z0-9][A-Za-z0-9._-]{0,95}\Z",
    "Use up to 96 letters, digits, '.', '_' and '-', without '--' or '..'.",
)

# GeneratedField wants immutable expressions: the configuration is named, arrays go through text.
SEARCH = SearchVector(
    models.F("owner"), models.F("name"), weight="A", config="simple"
) + SearchVector(
    models.F("summary"), Cast("tags_text", models.TextField()), weight="B", config="simple"
)


class OriginState(models.TextChoices):
    HERE = "here", "there"
    GATED = "gated", "behind terms"
    GONE = "gone", "gone"
    REPLACED = "replaced", "another repository"


class Entry(models.Model):
    """Abstract: one repository at an origin, as the catalogue knows it."""

    owner = models.CharField(max_length=96, validators=[validate_name])
    name = models.CharField(max_length=96, validators=[validate_name])
    # The repository at the origin; its name there may change, the entry's address here stays.
    repo_id = models.CharField(max_length=200)
    # What the repository is at the origin whatever it is called there, where the origin says so.
    origin_id = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    # Its newest commit when last looked at, and the digest of what an evaluation would load of that
    # (Manifest.digest; empty where nobody could read it): a commit of prose alone changes no score.
    origin_commit = models.CharField(max_length=64, blank=True, editable=False)
    origin_digest = models.CharField(max_length=64, blank=True, editable=False)
    origin_state = models.CharField(max_length=20, choices=OriginState, blank=True, editable=False)
    # When the origin last answered about it; since when it says that there is no such thing.
    origin_seen_at = models.DateTimeField(null=True, editable=False)
    origin_missing_since = models.DateTimeField(null=True, editable=False)
    # When to look again; NULL: at once. Whoever moves it on is the one who looks.
    origin_look_at = models.DateTimeField(null=True, editable=False, db_index=True)
    licence = models.CharField(
        max_length=60, blank=True, help_text="Key as on the Hugging Face Hub."
    )
    licence_name = models.CharField(max_length=120, blank=True)
    summary = models.CharField(max_length=300, blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    tags_text = models.TextField(blank=True, editable=False)
    search = models.GeneratedField(
        expression=SEARCH, output_field=SearchVectorField(), db_persist=True
    )
    # Of a retired entry: what its page says in place of what it was.
    retired_why = models.TextField(blank=True)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """`owner/name`: how people and the API address it."""
        return f"{self.owner}/{self.name}"
