"""`manage.py create_token USERNAME`: prints a new API token and nothing else, for use in scripts."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hub.actions.create_token import create_token
from hub.models import User
from hub.models.token import Scope
from hub.refusal import Refusal


class Command(BaseCommand):
    help = "Make an API token for a person and print its secret, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--scopes", default="contribute", help=f"comma-separated: {', '.join(Scope.values)}"
        )
        parser.add_argument("--name", default="made on the command line")
        parser.add_argument("--days", type=int, help="days until it expires; without: never")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username__iexact=options["username"]).first()
        if user is None:
            raise CommandError(f"There is nobody called {options['username']}.")
        scopes = [scope.strip() for scope in options["scopes"].split(",") if scope.strip()]
        days = options["days"]
        expires_at = timezone.now() + timedelta(days=days) if days else None
        try:
            _, secret = create_token(
                user=user, name=options["name"], scopes=scopes, expires_at=expires_at
            )
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(secret)
