"""The site's map. Other apps are known by their names only."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    # /
    path("", include("hub.views.urls")),
    # /boards/… /benchmarks/… /recipes/… /runs/…
    path("", include("evaluations.urls")),
    # /contributions/… /submit/…
    path("", include("contributions.urls")),
    # /accounts/…
    path("accounts/", include("allauth.urls")),
    # /api/…
    path("api/", include("hub.api.urls")),
    path("api/v1/", include("contributions.api.urls")),
    path("api/v1/", include("evaluations.api.urls")),
    # /mirror/… what huggingface_hub calls when HF_ENDPOINT names this hub
    path("mirror/", include("hub.mirror.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "hub.views.errors.bad_request"
handler403 = "hub.views.errors.permission_denied"
handler404 = "hub.views.errors.page_not_found"
handler500 = "hub.views.errors.server_error"
