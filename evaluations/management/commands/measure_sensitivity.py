from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evaluations.actions.measure_sensitivity import BATCH_SIZES, measure_sensitivity
from evaluations.harness.protocol import HarnessFailure
from evaluations.models import Recipe
from hub.models import Checkpoint
from hub.origins.errors import OriginError
from hub.refusal import Refusal


class Command(BaseCommand):
    help = "Measure on this machine what the batch size does to a recipe's answers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("recipe", help="the beginning of its digest")
        parser.add_argument("--checkpoint", help="the beginning of its digest; else measured last")
        parser.add_argument("--batch-sizes", type=int, nargs="+", default=BATCH_SIZES)

    def handle(self, *args: Any, **options: Any) -> None:
        recipes = Recipe.objects.select_related("benchmark_version__benchmark")
        try:
            recipe = recipes.get(digest__startswith=options["recipe"])
        except (Recipe.DoesNotExist, Recipe.MultipleObjectsReturned) as error:
            raise CommandError(f"Not one recipe has a digest that begins so: {error}") from error
        checkpoint = _checkpoint(recipe, options["checkpoint"])
        try:
            told = measure_sensitivity(
                recipe=recipe, checkpoint=checkpoint, batch_sizes=options["batch_sizes"]
            )
        except (Refusal, HarnessFailure, OriginError) as error:
            raise CommandError(str(error)) from error
        for size, row in told["batch_size"].items():
            line = (
                f"batch {size}: {row['value']:.6g}, {row['changed']} of {row['n']} samples changed"
            )
            self.stdout.write(line)


def _checkpoint(recipe: Recipe, digest: str | None) -> Checkpoint:
    checkpoints = Checkpoint.objects.select_related("variant")
    if digest:
        found = checkpoints.filter(digest__startswith=digest).first()
    else:
        found = checkpoints.filter(scores__recipe=recipe).order_by("-scores__pk").first()
    if found is None:
        raise CommandError("There is no such checkpoint; name one with --checkpoint.")
    return found
