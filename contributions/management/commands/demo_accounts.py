from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from contributions.demo.accounts import CAST, ensure_cast, password


class Command(BaseCommand):
    help = "Make the demo's accounts, in demo mode only, and print them with their password."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            ensure_cast()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        for username, role in CAST.items():
            self.stdout.write(f"  {username:<12} {role}")
        self.stdout.write(f"  password     {password()}")
