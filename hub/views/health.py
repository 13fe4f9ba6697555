"""For load balancers and supervisors: is the process alive, can it do its work? And for robots."""

from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

ROBOTS = """User-agent: *
Disallow: /accounts/
Disallow: /account/
Disallow: /admin/
Disallow: /api/
Disallow: /mirror/
Disallow: /submit/
Disallow: /*?*cursor=
"""


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is asked, so nothing else can make a supervisor kill it."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, migrations and Redis are there; else 503, naming what is not."""
    checks = {"database": _database, "migrations": _migrations, "redis": _redis}
    problems = {name: problem for name, check in checks.items() if (problem := _try(check))}
    body = {
        "status": "down" if problems else "ok",
        "checks": {name: problems.get(name, "ok") for name in checks},
    }
    return JsonResponse(body, status=503 if problems else 200)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse(ROBOTS, content_type="text/plain")


def _try(check: Callable[[], str]) -> str:
    # Any error of a driver means the same here, and its text may name hosts: only its type is told.
    try:
        return check()
    except Exception as error:  # noqa: BLE001
        return type(error).__name__


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(waiting)} not applied" if waiting else ""


def _redis() -> str:
    cache.set("readyz", settings.SITE_URL, 10)
    return "" if cache.get("readyz") == settings.SITE_URL else "does not keep what it is given"
