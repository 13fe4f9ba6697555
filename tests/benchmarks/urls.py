"""The site's own URLs and the least that a web server can do with an indexed query."""

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import include, path

ROWS = """
SELECT id, rank, owner, name, average, stderr, parameters, "values" FROM evaluations_standing
WHERE board_id = (SELECT id FROM evaluations_board WHERE slug = %s AND current)
ORDER BY place, id LIMIT 50
"""


def bare(request: HttpRequest, slug: str) -> JsonResponse:
    """One indexed query and its rows as JSON: no filters, no cursor, no permissions, no limits."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS, [slug])
        rows = cursor.fetchall()
    return JsonResponse({"results": rows})


urlpatterns = [path("bare/<slug:slug>/", bare), path("", include("hub.urls"))]
