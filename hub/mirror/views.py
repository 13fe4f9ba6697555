"""What huggingface_hub asks for when its endpoint is this hub: reading, nothing else."""

import json
from urllib.parse import quote, urlencode

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from hub.mirror import shapes
from hub.mirror.access import check_gate, commit_of, find
from hub.mirror.bytes import send_blob
from hub.mirror.errors import MirrorError, answers
from hub.models.hosted import HostedCommit

READ = ("GET", "HEAD")
PAGE = 1000


@answers(*READ)
def info(
    request: HttpRequest, kind: str, owner: str, name: str, revision: str = "main"
) -> HttpResponseBase:
    repository = find(request, kind, owner, name)
    commit = commit_of(repository, revision)
    whole = shapes.repository_info(repository, commit, blobs="blobs" in request.GET)
    if wanted := set(request.GET.getlist("expand")):
        return JsonResponse({k: v for k, v in whole.items() if k in {"_id", "id", *wanted}})
    return JsonResponse(whole)


@answers(*READ)
def tree(
    request: HttpRequest, kind: str, owner: str, name: str, revision: str, path: str = ""
) -> HttpResponseBase:
    commit = commit_of(find(request, kind, owner, name), revision)
    recursive = request.GET.get("recursive", "").lower() in {"1", "true"}
    entries = shapes.tree_entries(commit, path.strip("/"), recursive=recursive)
    if path and not entries:
        raise _no_entry(commit, path)
    limit = min(_number(request, "limit", PAGE) or PAGE, PAGE)
    cursor = _number(request, "cursor", 0)
    response = JsonResponse(entries[cursor : cursor + limit], safe=False)
    if cursor + limit < len(entries):
        query = request.GET.dict() | {"limit": str(limit), "cursor": str(cursor + limit)}
        following = request.build_absolute_uri(f"{quote(request.path)}?{urlencode(query)}")
        response["Link"] = f'<{following}>; rel="next"'
    return response


@answers("POST")
def paths_info(
    request: HttpRequest, kind: str, owner: str, name: str, revision: str
) -> HttpResponseBase:
    commit = commit_of(find(request, kind, owner, name), revision)
    wanted = _paths(request)
    files = [shapes.file_entry(file) for file in commit.files if file["path"] in wanted]
    return JsonResponse(files, safe=False)


@answers(*READ)
def refs(request: HttpRequest, kind: str, owner: str, name: str) -> HttpResponseBase:
    repository = find(request, kind, owner, name)

    def named(prefix: str) -> list[dict[str, str]]:
        return [
            {"name": ref.removeprefix(prefix), "ref": ref, "targetCommit": sha}
            for ref, sha in sorted(repository.refs.items())
            if ref.startswith(prefix)
        ]

    return JsonResponse(
        {"branches": named("refs/heads/"), "tags": named("refs/tags/"), "converts": []}
        | {"pullRequests": named("refs/pr/")}
    )


@answers(*READ)
def resolve(
    request: HttpRequest, kind: str, owner: str, name: str, revision: str, path: str
) -> HttpResponseBase:
    repository = find(request, kind, owner, name)
    check_gate(request, repository)
    commit = commit_of(repository, revision)
    file = next((file for file in commit.files if file["path"] == path), None)
    if file is None:
        raise _no_entry(commit, path)
    etag = file["sha256"] if file["lfs"] else file["oid"]
    fixed = revision == commit.sha and not (repository.private or repository.gated)
    headers = {
        "X-Repo-Commit": commit.sha,
        "X-Linked-Size": str(file["size"]),
        "X-Linked-Etag": f'"{etag}"',
        "Cache-Control": "public, max-age=31536000, immutable" if fixed else "private, no-cache",
        # Never shown in place: a repository may hold HTML, and this is the hub's own address.
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(path.rpartition('/')[2])}",
    }
    return send_blob(request, sha256=file["sha256"], size=file["size"], etag=etag, headers=headers)


@answers(*READ)
def nothing_here(request: HttpRequest, path: str) -> HttpResponseBase:
    """Everything else the client may try, such as /api/agent-harnesses."""
    raise MirrorError(404, "", "Not found")


def _no_entry(commit: HostedCommit, path: str) -> MirrorError:
    # With the commit, so that the client may remember that the file is not there.
    headers = {"X-Repo-Commit": commit.sha}
    return MirrorError(404, "EntryNotFound", f"Entry not found: {path}"[:200], headers)


def _number(request: HttpRequest, name: str, default: int) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else default


def _paths(request: HttpRequest) -> set[str]:
    if request.content_type != "application/json":
        return set(request.POST.getlist("paths"))
    try:
        paths = json.loads(request.body)["paths"]
    except (ValueError, TypeError, KeyError) as error:
        raise MirrorError(400, "", "Send paths.") from error
    return {path for path in paths if isinstance(path, str)} if isinstance(paths, list) else set()
