from typing import Any

from django.core.management.base import BaseCommand

from evaluations.actions.sweep import sweep


class Command(BaseCommand):
    help = "Do now what beat does every few seconds: find lost runs, nudge waiting ones and boards."

    def handle(self, *args: Any, **options: Any) -> None:
        swept = sweep()
        self.stdout.write(
            f"{swept.overdue} runs taken back, {swept.nudged} announced, {swept.boards} boards."
        )
