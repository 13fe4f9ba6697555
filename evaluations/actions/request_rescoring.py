"""Have the newest scorer judge what models answered under a recipe."""

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from evaluations.actions.publish_benchmark import LOCK
from evaluations.models import BenchmarkVersion, Recipe, Rescoring, Score
from evaluations.permissions import may_rescore
from evaluations.rescoring import digest_now, judged_by, newer_scorer
from hub.models import User
from hub.queue import send_on_commit
from hub.refusal import Refusal

# Whose workers have the harness; nothing of a model is loaded.
QUEUE = "cpu"


def request_rescoring(*, actor: User, recipe: Recipe, why: str) -> Rescoring:
    """A job that judges every score of `recipe` again; what a former one has done is not done again.

    Raises PermissionDenied, and Refusal: why_missing, unchanged (the scorer is what it was), nothing
    (no scores), under_way, or what stands in the way (evaluations/rescoring.py).
    """
    if not may_rescore(actor):
        raise PermissionDenied("Only maintainers have scores judged again.")
    if not why.strip():
        message = "Say what was wrong with the old scorer."
        raise Refusal("why_missing", message, fields={"why": [message]})
    with transaction.atomic(), connection.cursor() as cursor:
        # Beside a benchmark that is being published: two must not make the same "next" version.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        judge = _judge(recipe)
        scores = Score.objects.filter(recipe=recipe, metric=recipe.benchmark_version.metric)
        total = scores.count()
        if not total:
            raise Refusal("nothing", "Nothing was measured under this recipe.")
        try:
            with transaction.atomic():
                made = Rescoring.objects.create(
                    from_recipe=recipe,
                    to_recipe=judge,
                    why=why.strip(),
                    requested_by=actor,
                    total=total,
                    sent_at=Now(),
                )
        except IntegrityError:
            message = "These scores are being judged again already."
            raise Refusal("under_way", message) from None
        send_on_commit("evaluations.rescore", queue=QUEUE)
    made.refresh_from_db()
    return made


def _judge(recipe: Recipe) -> Recipe:
    """The recipe of the newest scorer, under which new runs measure too; made if need be."""
    newer = newer_scorer(recipe)
    if newer is None:
        version = recipe.benchmark_version
        message = f"The scorer of {version} is what it was: it would find the same again."
        raise Refusal("unchanged", message)
    if newer.obstacle is not None:
        raise newer.obstacle
    version = newer.version or _next_version(recipe.benchmark_version)
    judge = judged_by(recipe, version, newer.harness_version)
    known: Recipe | None = Recipe.objects.filter(digest=judge.digest).first()
    if known is None:
        judge.save()
        return judge
    if known.rescores_id is None:
        # No part of what a recipe is; it says where to look for its scores' answers.
        Recipe.objects.filter(pk=known.pk, rescores=None).update(rescores=recipe)
    return known


def _next_version(old: BenchmarkVersion) -> BenchmarkVersion:
    """Of a contributed benchmark: the newest definition and data, judged by the code that is here."""
    version = old.benchmark.versions.order_by("-pk").select_related("benchmark")[0]
    number = str(version.benchmark.versions.count() + 1)
    version.digest = digest_now(version)
    version.task = f"community_{version.benchmark.slug.replace('-', '_')}_{number}"
    version.version = number
    version.pk = None
    version._state.adding = True
    version.save()
    return version
