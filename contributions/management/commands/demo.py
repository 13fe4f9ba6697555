from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from contributions.demo.story import tell


class Command(BaseCommand):
    help = "Fill the demo hub: build tiny models, submit, check, review, merge and measure them."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo is made in demo mode only: set DEMO=True.")
        tell(say=self.say)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
