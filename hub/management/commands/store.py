"""`manage.py store usage|evict|verify|collect`: what the checkpoint store holds, and making it right."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub import eviction
from hub import store as stores


class Command(BaseCommand):
    help = (
        "Show, empty, verify or collect the checkpoint store. Nothing that is held or served goes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parts = parser.add_subparsers(dest="what", required=True)
        parts.add_parser("usage", help="bytes and files, what may still come")
        evict = parts.add_parser("evict", help="let go of what can be fetched again")
        evict.add_argument("--bytes", type=int, help="so many; without: down to the limits")
        verify = parts.add_parser("verify", help="read every file and compare its SHA-256")
        verify.add_argument("--repair", action="store_true", help="drop those that were altered")
        parts.add_parser("collect", help="delete what no table names and nobody used for a week")

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        {
            "usage": self._usage,
            "evict": self._evict,
            "verify": self._verify,
            "collect": self._collect,
        }[what](options)

    def _usage(self, options: dict[str, Any]) -> None:
        now = eviction.usage()
        self.stdout.write(f"files        {now.blobs:,}")
        self.stdout.write(f"bytes        {now.bytes:,}")
        self.stdout.write(f"on their way {now.partial_bytes:,}")
        self.stdout.write(f"limit        {now.limit:,}" if now.limit else "limit        none")
        self.stdout.write(f"disk free    {now.free_bytes:,}")
        self.stdout.write(f"may come     {max(0, now.room):,}")

    def _evict(self, options: dict[str, Any]) -> None:
        before = eviction.usage().bytes
        if options["bytes"]:
            eviction.evict(options["bytes"])
        else:
            eviction.make_room(0)
        self.stdout.write(f"freed {before - eviction.usage().bytes:,} bytes")

    def _verify(self, options: dict[str, Any]) -> None:
        store, count, wrong = stores.default(), 0, []
        for blob in store.blobs_here():
            count += 1
            if not store.verify(blob.sha256):
                wrong.append(blob.sha256)
                self.stdout.write(f"altered {blob.sha256}")
                if options["repair"]:
                    store.drop(blob.sha256)
        done = "dropped" if options["repair"] else "altered"
        self.stdout.write(f"{count} files read, {len(wrong)} {done}")
        if wrong and not options["repair"]:
            raise CommandError("Some files are not what their names say; --repair drops them.")

    def _collect(self, options: dict[str, Any]) -> None:
        gone = eviction.remove_orphans()
        for sha256 in gone:
            self.stdout.write(f"deleted {sha256}")
        self.stdout.write(f"{len(gone)} files deleted")
