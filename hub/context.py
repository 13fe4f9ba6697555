"""What every template may use beside its own context."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """`demo` (bool) and `site_url` (no trailing slash)."""
    return {"demo": settings.DEMO, "site_url": settings.SITE_URL}
