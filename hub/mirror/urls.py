"""Below /mirror/. The client sends `refs%2Fpr%2F1`, Django sees it decoded: spelled out here."""

from django.urls import include, path, re_path, register_converter
from django.urls.converters import StringConverter

from hub.mirror import views


class RevisionConverter(StringConverter):
    regex = "refs/(?:pr|convert|heads|tags)/[^/]+|[^/]+"


register_converter(RevisionConverter, "revision")

REPOSITORY = "<str:owner>/<str:name>"


def _api(kind: str) -> list:  # type: ignore[type-arg]
    extra = {"kind": kind}
    return [
        path(REPOSITORY, views.info, extra, name=f"{kind}_info"),
        path(f"{REPOSITORY}/refs", views.refs, extra, name=f"{kind}_refs"),
        path(
            f"{REPOSITORY}/revision/<revision:revision>",
            views.info,
            extra,
            name=f"{kind}_info_at",
        ),
        path(f"{REPOSITORY}/tree/<revision:revision>", views.tree, extra, name=f"{kind}_tree"),
        path(
            f"{REPOSITORY}/tree/<revision:revision>/<path:path>",
            views.tree,
            extra,
            name=f"{kind}_tree_below",
        ),
        path(
            f"{REPOSITORY}/paths-info/<revision:revision>",
            views.paths_info,
            extra,
            name=f"{kind}_paths_info",
        ),
    ]


RESOLVE = f"{REPOSITORY}/resolve/<revision:revision>/<path:path>"

app_name = "mirror"
urlpatterns = [
    # /mirror/api/models/… /mirror/api/datasets/…
    path("api/models/", include(_api("model"))),
    path("api/datasets/", include(_api("dataset"))),
    # /mirror/datasets/owner/name/resolve/… /mirror/owner/name/resolve/…
    path(f"datasets/{RESOLVE}", views.resolve, {"kind": "dataset"}, name="dataset_resolve"),
    path(RESOLVE, views.resolve, {"kind": "model"}, name="model_resolve"),
    re_path(r"^(?P<path>.*)$", views.nothing_here, name="nothing_here"),
]
