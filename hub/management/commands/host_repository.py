from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.actions.host_repository import host_repository
from hub.models.hosted import RepositoryKind
from hub.refusal import Refusal


class Command(BaseCommand):
    help = "Serve a folder as a repository under /mirror/. The same folder again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("repository", help="owner/name")
        parser.add_argument("--dataset", action="store_true", help="a dataset, not a model")
        parser.add_argument("--gated", action="store_true", help="seen by all, for readers only")
        parser.add_argument("--private", action="store_true", help="known to its readers only")
        parser.add_argument("--branch", default="main")
        parser.add_argument("--tag", action="append", default=[], help="may be given again")
        parser.add_argument("--message", default="")
        parser.add_argument("--renamed-from", default="", help="owner/name before")

    def handle(self, *args: Any, **options: Any) -> None:
        owner, _, name = options["repository"].partition("/")
        try:
            commit = host_repository(
                folder=options["folder"],
                owner=owner,
                name=name,
                kind=RepositoryKind.DATASET if options["dataset"] else RepositoryKind.MODEL,
                private=options["private"],
                gated=options["gated"],
                branch=options["branch"],
                tags=options["tag"],
                message=options["message"],
                renamed_from=options["renamed_from"],
            )
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        size = sum(file["size"] for file in commit.files)
        self.stdout.write(f"{commit}  {len(commit.files)} files, {size:,} bytes")
