"""System checks hub.E… (refuses to start), hub.W… (says so). Deployment checks run with `--deploy`."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})


@register(Tags.files)
def folders_are_writable(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """The state and the store must take files: checkpoints, samples, the beat's schedule."""
    return [
        Error(
            f"{name} is {folder}, where this process may not write.",
            hint=f"Give it to the user that runs the site, or set {name} to another folder.",
            id=f"hub.E00{number}",
        )
        for number, name in enumerate(("STATE_DIR", "STORE_DIR"), start=1)
        if not _is_writable(folder := Path(getattr(settings, name)))
    ]


@register(Tags.security)
def demo_stays_at_home(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """The demo prints its passwords."""
    host = urlsplit(settings.SITE_URL).hostname or ""
    if not settings.DEMO or host in LOCAL_HOSTS:
        return []
    return [
        Error(
            f"DEMO is on and SITE_URL is {settings.SITE_URL}: everybody could sign in as anybody.",
            hint="Switch DEMO off, or serve the demo on 127.0.0.1 only.",
            id="hub.E003",
        )
    ]


@register(Tags.urls)
def site_url_is_whole(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Links in mail and in the mirror begin with it."""
    parts = urlsplit(settings.SITE_URL)
    if parts.scheme in {"http", "https"} and parts.netloc and not parts.path.strip("/"):
        return []
    return [
        Error(
            f"SITE_URL is {settings.SITE_URL!r}, which is no address of a site.",
            hint="Scheme and host, such as https://hub.example.org; a path is not supported.",
            id="hub.E004",
        )
    ]


@register(Tags.compatibility)
def harness_is_there(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Only workers evaluate: they say so in TRIBUTARY_ROLE."""
    python = Path(settings.HARNESS_PYTHON)
    if settings.TRIBUTARY_ROLE != "worker" or os.access(python, os.X_OK):
        return []
    return [
        checks.Warning(
            f"HARNESS_PYTHON is {python}, which cannot be run: every run will fail here.",
            hint="Make the harness's environment (make harness), or name another interpreter.",
            id="hub.W005",
        )
    ]


@register(Tags.security, deploy=True)
def hosts_are_named(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """A public site must answer to its own name, and to no other."""
    host = urlsplit(settings.SITE_URL).hostname or ""
    found: list[CheckMessage] = []
    if "*" in settings.ALLOWED_HOSTS:
        hint = "List the names that the site is reached by."
        found.append(checks.Warning("ALLOWED_HOSTS takes every name.", hint=hint, id="hub.W006"))
    elif host not in settings.ALLOWED_HOSTS and f"[{host}]" not in settings.ALLOWED_HOSTS:
        message = f"SITE_URL names {host}, which ALLOWED_HOSTS does not: the site refuses itself."
        hint = f"Add {host} to ALLOWED_HOSTS."
        found.append(checks.Warning(message, hint=hint, id="hub.W007"))
    if host in LOCAL_HOSTS:
        message = "SITE_URL is the default of a machine at home: links in mail lead nowhere."
        found.append(checks.Warning(message, hint="Set SITE_URL.", id="hub.W008"))
    return found


def _is_writable(folder: Path) -> bool:
    """Whether files can be put there, now or once the folder has been made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
