from typing import Any

from django.core.management.base import BaseCommand

from evaluations.actions.seed import seed_suites


class Command(BaseCommand):
    help = "Make the shipped benchmarks, recipes and boards that are not in the database yet."

    def handle(self, *args: Any, **options: Any) -> None:
        seeded = seed_suites()
        self.stdout.write(
            f"{len(seeded.benchmarks)} benchmark versions, {seeded.recipes} recipes and "
            f"{len(seeded.boards)} boards are new."
        )
