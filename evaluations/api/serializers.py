"""What the API says of benchmarks, recipes, runs and scores. Field names are the words of the design."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from evaluations.advice import advice_for, excerpt
from evaluations.certainty import bootstrapped, interval_of
from evaluations.models import (
    Benchmark,
    BenchmarkVersion,
    Recipe,
    Replication,
    Run,
    RunEvent,
    RunItem,
    Samples,
    Score,
)
from evaluations.progress import seconds_left
from evaluations.resolution import Resolution, followed_by, resolution_of
from evaluations.runs import stages_of
from evaluations.suites.presets import Preset
from evaluations.tiers import Spread, spreads_of
from evaluations.waiting import wait_of
from hub.models import Checkpoint, WorkingGroup

INTERVAL = {
    "type": "array",
    "items": {"type": "number"},
    "minItems": 2,
    "maxItems": 2,
    "nullable": True,
}


class BenchmarkVersionSerializer(serializers.ModelSerializer[BenchmarkVersion]):
    class Meta:
        model = BenchmarkVersion
        fields = [
            "version", "harness", "task", "digest", "metric", "filter", "higher_is_better", "unit",
            "chance", "lower_bound", "upper_bound", "best", "sample_count", "cluster_by", "needs",
            "created_at", "definition", "data_sha256", "confidential",
        ]  # fmt: skip


class BenchmarkSerializer(serializers.ModelSerializer[Benchmark]):
    versions = BenchmarkVersionSerializer(many=True, read_only=True)

    class Meta:
        model = Benchmark
        fields = ["slug", "name", "description", "dataset_name", "versions"]


class RecipeSerializer(serializers.ModelSerializer[Recipe]):
    benchmark = serializers.SlugField(source="benchmark_version.benchmark.slug", read_only=True)
    benchmark_version = BenchmarkVersionSerializer(read_only=True)

    class Meta:
        model = Recipe
        fields = [
            "digest", "benchmark", "benchmark_version", "n_shot", "apply_chat_template",
            "system_prompt", "generation", "repeats", "seeds", "dtype", "batch_size", "limit",
            "backend", "backend_args", "harness_version", "scorer_version", "queue", "sensitivity",
            "created_at",
        ]  # fmt: skip


class ResolutionSerializer(serializers.Serializer[Resolution]):
    """Smallest true differences that are found with 80 % power at 5 %, in the metric's unit: `paired` of
    two models on the same `n` samples, `apart` of two scores alone; `n_for_a_point` samples would find one
    point. `basis` is measured, spread or assumed.
    """

    n = serializers.IntegerField()
    paired = serializers.FloatField()
    apart = serializers.FloatField()
    n_for_a_point = serializers.IntegerField(allow_null=True)
    basis = serializers.CharField()
    words = serializers.CharField()


class PresetSerializer(serializers.Serializer[Preset]):
    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    scores = serializers.CharField()


class RecipeDetailSerializer(RecipeSerializer):
    """With the protocol that it follows, and with what it can tell apart: known before a run is paid for."""

    preset = serializers.SerializerMethodField()
    resolution = serializers.SerializerMethodField()

    class Meta(RecipeSerializer.Meta):
        fields = [*RecipeSerializer.Meta.fields, "preset", "resolution"]

    @extend_schema_field(PresetSerializer(allow_null=True))
    def get_preset(self, recipe: Recipe) -> dict[str, Any] | None:
        found = followed_by(recipe)
        return None if found is None else dict(PresetSerializer(found).data)

    @extend_schema_field(ResolutionSerializer(allow_null=True))
    def get_resolution(self, recipe: Recipe) -> dict[str, Any] | None:
        found = resolution_of([recipe]).get(recipe.pk)
        return None if found is None else dict(ResolutionSerializer(found).data)


class CheckpointSerializer(serializers.ModelSerializer[Checkpoint]):
    """The exact bytes, in short; `/api/v1/checkpoints/` has the files."""

    variant = serializers.CharField(source="variant.full_name", read_only=True)

    class Meta:
        model = Checkpoint
        fields = ["id", "variant", "commit", "digest"]


class FailureSerializer(serializers.Serializer[Run]):
    """Why a run failed, or why its last attempt did while it waits for the next."""

    stage = serializers.CharField(source="failure_stage")
    code = serializers.CharField(source="failure_code")
    message = serializers.CharField(source="failure_message")
    whose = serializers.CharField(source="failure_whose")
    advice = serializers.SerializerMethodField(help_text="What to do now.")
    excerpt = serializers.SerializerMethodField(help_text="The lines of the log that explain it.")

    def get_advice(self, run: Run) -> str:
        return advice_for(run.failure_code)

    def get_excerpt(self, run: Run) -> str:
        return excerpt(run.log_tail)


class RunSerializer(serializers.ModelSerializer[Run]):
    """A run as a list shows it."""

    checkpoint = CheckpointSerializer(read_only=True)
    recipes = serializers.SerializerMethodField(help_text="Digests.")
    requested_by = serializers.CharField(source="requested_by.username", read_only=True)
    failure = serializers.SerializerMethodField()

    class Meta:
        model = Run
        fields = [
            "id", "state", "purpose", "queue", "priority", "checkpoint", "recipes", "requested_by",
            "requested_at", "started_at", "finished_at", "attempt", "cancel_asked", "progress",
            "share", "turn", "after", "expected_seconds", "superseded_by", "failure",
        ]  # fmt: skip

    def get_recipes(self, run: Run) -> list[str]:
        return [item.recipe.digest for item in run.items.all()]

    def get_failure(self, run: Run) -> dict[str, str] | None:
        return FailureSerializer(run).data if run.failure_code else None


class ScoreSerializer(serializers.ModelSerializer[Score]):
    checkpoint = CheckpointSerializer(read_only=True)
    recipe = serializers.CharField(source="recipe.digest", read_only=True)
    benchmark = serializers.CharField(
        source="recipe.benchmark_version.benchmark.slug", read_only=True
    )
    run = serializers.IntegerField(source="run_id", read_only=True)
    interval = serializers.SerializerMethodField(help_text="95 %: low and high end.")

    class Meta:
        model = Score
        fields = [
            "id", "run", "checkpoint", "recipe", "benchmark", "metric", "value", "stderr",
            "stderr_kind", "interval", "n", "clusters", "also", "rescore_of", "task_hash",
            "recorded_at",
        ]  # fmt: skip

    @extend_schema_field(INTERVAL)
    def get_interval(self, score: Score) -> list[float] | None:
        ends = interval_of(score, score.recipe.benchmark_version)
        return ends and list(ends)


class SamplesSerializer(serializers.ModelSerializer[Samples]):
    class Meta:
        model = Samples
        fields = ["outcomes", "doc_hashes", "weights", "clusters", "raw_sha256"]


class TieredScoreSerializer(ScoreSerializer):
    """A score by itself, with what stands behind it."""

    tier = serializers.CharField(help_text="measured, or replicated where others came to the same")

    class Meta(ScoreSerializer.Meta):
        fields = [*ScoreSerializer.Meta.fields, "tier"]


class SpreadSerializer(serializers.Serializer[Spread]):
    """All measurements of the checkpoint under the recipe, the hub's first one among them. `spread` is
    their standard deviation (null for one), `within` what each by itself is sure of."""

    count = serializers.IntegerField()
    others = serializers.IntegerField(help_text="by other people than who asked for the hub's")
    agreed = serializers.IntegerField(help_text="of those")
    mean = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    spread = serializers.FloatField(allow_null=True)
    within = serializers.FloatField(allow_null=True)


class ScoreDetailSerializer(TieredScoreSerializer):
    measurements = serializers.SerializerMethodField()
    samples = SamplesSerializer(read_only=True)
    bootstrap = serializers.SerializerMethodField(
        help_text="95 % interval (BCa) from drawing samples, or whole clusters, anew."
    )

    class Meta(TieredScoreSerializer.Meta):
        fields = [*TieredScoreSerializer.Meta.fields, "measurements", "bootstrap", "samples"]

    @extend_schema_field(SpreadSerializer)
    def get_measurements(self, score: Score) -> Any:
        return SpreadSerializer(spreads_of([score])[score.pk]).data

    @extend_schema_field(INTERVAL)
    def get_bootstrap(self, score: Score) -> list[float] | None:
        samples = getattr(score, "samples", None)
        ends = bootstrapped(score, samples) if samples else None
        return ends and list(ends)


class ItemSerializer(serializers.ModelSerializer[RunItem]):
    recipe = serializers.CharField(source="recipe.digest", read_only=True)
    benchmark = serializers.CharField(
        source="recipe.benchmark_version.benchmark.slug", read_only=True
    )
    metric = serializers.CharField(source="recipe.benchmark_version.metric", read_only=True)

    class Meta:
        model = RunItem
        fields = ["recipe", "benchmark", "metric", "live"]


class RunEventSerializer(serializers.ModelSerializer[RunEvent]):
    actor = serializers.CharField(source="actor.username", default=None, read_only=True)

    class Meta:
        model = RunEvent
        fields = ["from_state", "to_state", "attempt", "actor", "worker", "why", "at"]


class StageSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    status = serializers.CharField()
    reached_at = serializers.DateTimeField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)


class AheadSerializer(serializers.Serializer[Any]):
    """`count` runs of `holder` come first; without a holder, those of everybody else."""

    holder = serializers.CharField(source="holder.name", default=None, allow_null=True)
    count = serializers.IntegerField()


class WaitSerializer(serializers.Serializer[Any]):
    """What a queued run waits for. `reason` is turn, trial (run `after` comes first), pause (until
    `not_before`), no_worker, draining, or unfit: no worker of the queue has what the run `lacks`.

    `position` is 1 for the next one taken; `expected_start` is null where nobody can know;
    `expected_seconds` is how long the run itself will take.
    """

    reason = serializers.CharField()
    queue = serializers.CharField()
    position = serializers.IntegerField(allow_null=True)
    expected_start = serializers.DateTimeField(allow_null=True)
    expected_seconds = serializers.FloatField(allow_null=True)
    ahead = AheadSerializer(many=True)
    after = serializers.IntegerField(allow_null=True)
    not_before = serializers.DateTimeField(allow_null=True)
    workers = serializers.IntegerField()
    running = serializers.IntegerField()
    lacks = serializers.ListField(child=serializers.CharField())


class ReplicationSerializer(serializers.ModelSerializer[Replication]):
    """A score measured once more, by `run` or as `upload`; `changed` samples came out differently."""

    score = serializers.IntegerField(source="score_id", read_only=True)
    run = serializers.IntegerField(source="run_id", read_only=True, allow_null=True)
    upload = serializers.IntegerField(source="upload_id", read_only=True, allow_null=True)
    recipe = serializers.CharField(source="score.recipe.digest", read_only=True)
    requested_by = serializers.CharField(source="requested_by.username", read_only=True)

    class Meta:
        model = Replication
        fields = [
            "score", "run", "upload", "recipe", "value", "stderr", "n", "changed", "agrees",
            "requested_by", "recorded_at",
        ]  # fmt: skip


class RunDetailSerializer(RunSerializer):
    """All there is to say about one run. `replications`: of a replication, what it came to."""

    items = ItemSerializer(many=True, read_only=True)
    events = RunEventSerializer(many=True, read_only=True)
    scores = ScoreSerializer(many=True, read_only=True)
    replications = ReplicationSerializer(many=True, read_only=True)
    stages = serializers.SerializerMethodField()
    waiting = serializers.SerializerMethodField()
    seconds_left = serializers.SerializerMethodField()
    votes = serializers.IntegerField(source="votes.count", read_only=True)

    class Meta(RunSerializer.Meta):
        fields = [
            *RunSerializer.Meta.fields,
            "retry_of", "worker", "not_before", "items", "events", "scores", "replications",
            "stages", "waiting", "seconds_left", "votes",
            "log_tail", "usage", "needs", "versions", "hardware", "timings", "warnings",
        ]  # fmt: skip

    def get_stages(self, run: Run) -> list[dict[str, Any]]:
        stages = stages_of(run, list(run.events.all()))
        return list(StageSerializer(stages, many=True).data)

    def get_seconds_left(self, run: Run) -> float | None:
        return seconds_left(run) if run.state in Run.HELD_STATES else None

    def get_waiting(self, run: Run) -> dict[str, Any] | None:
        wait = wait_of(run)
        return None if wait is None else WaitSerializer(wait).data


class RunRequestSerializer(serializers.Serializer[Any]):
    """A checkpoint, and a board's slug or recipes' digests; `group` to take a working group's turn."""

    checkpoint = serializers.PrimaryKeyRelatedField(queryset=Checkpoint.objects.all())
    board = serializers.SlugField(required=False)
    recipes = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, allow_empty=False, max_length=50
    )
    group = serializers.SlugRelatedField(
        slug_field="slug", queryset=WorkingGroup.objects.all(), required=False
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("board" in attrs) == ("recipes" in attrs):
            raise serializers.ValidationError("Name either a board or recipes.")
        attrs["wanted"] = self._of_board(attrs) if "board" in attrs else self._of_digests(attrs)
        return attrs

    def _of_board(self, attrs: dict[str, Any]) -> list[Recipe]:
        wanted = Recipe.objects.filter(boards__slug=attrs["board"], boards__current=True)
        if not wanted:
            raise serializers.ValidationError({"board": ["There is no such board."]})
        return list(wanted)

    def _of_digests(self, attrs: dict[str, Any]) -> list[Recipe]:
        wanted = list(Recipe.objects.filter(digest__in=attrs["recipes"]))
        missing = set(attrs["recipes"]) - {recipe.digest for recipe in wanted}
        if missing:
            message = f"There is no recipe {min(missing)[:64]}."
            raise serializers.ValidationError({"recipes": [message]})
        return wanted


class RunPrioritySerializer(serializers.Serializer[Any]):
    priority = serializers.IntegerField()
    why = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class RunCancelSerializer(serializers.Serializer[Any]):
    why = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)


class RequestedSerializer(serializers.Serializer[Any]):
    """`runs` were made just now; `already` are runs of others that measure or measured the rest."""

    runs = RunSerializer(many=True)
    already = RunSerializer(many=True)
