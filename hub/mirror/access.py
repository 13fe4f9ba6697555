"""Which repository a request means, and whether whoever asks may read it. Denies by default."""

from django.http import HttpRequest
from django.urls import reverse

from hub.mirror.errors import MirrorError, Moved
from hub.models import Token, User
from hub.models.hosted import HostedCommit, HostedRepository
from hub.models.token import digest_of, looks_real


def find(request: HttpRequest, kind: str, owner: str, name: str) -> HostedRepository:
    """The repository, if the reader may know of it.

    To a stranger a private repository looks exactly like one that is not there. Raises MirrorError,
    or Moved when the repository was renamed.
    """
    reader = reader_of(request)
    repository = HostedRepository.objects.named(kind, owner, name).first()
    moved = repository is None
    if repository is None:
        former = f"{owner}/{name}".lower()
        repository = HostedRepository.objects.filter(
            kind=kind, former_names__contains=[former]
        ).first()
    if repository is None or (repository.private and not repository.readable_by(reader)):
        raise MirrorError(404 if reader else 401, "RepoNotFound", "Repository not found")
    if moved:
        raise Moved(_address_of(request, repository))
    return repository


def commit_of(repository: HostedRepository, revision: str) -> HostedCommit:
    commit = repository.commit_at(revision)
    if commit is None:
        raise MirrorError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
    return commit


def check_gate(request: HttpRequest, repository: HostedRepository) -> None:
    """Files of a gated repository are for its readers, though everybody sees that they exist."""
    if not repository.gated:
        return
    reader = reader_of(request)
    if repository.readable_by(reader):
        return
    raise MirrorError(
        403 if reader else 401,
        "GatedRepo",
        f"Access to {repository} is restricted and you are not in the authorized list.",
    )


def reader_of(request: HttpRequest) -> User | None:
    """Who the bearer token belongs to; None without one. Sessions do not count here."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return None
    if scheme.lower() == "bearer" and looks_real(secret.strip()):
        tokens = Token.objects.valid().select_related("user")
        if token := tokens.filter(digest=digest_of(secret.strip())).first():
            return token.user
    raise MirrorError(401, "", "Invalid credentials in Authorization header")


def _address_of(request: HttpRequest, repository: HostedRepository) -> str:
    match = request.resolver_match
    if match is None:
        raise MirrorError(404, "RepoNotFound", "Repository not found")
    kwargs = {**match.kwargs, "owner": repository.owner, "name": repository.name}
    query = request.META.get("QUERY_STRING", "")
    return reverse(match.view_name, kwargs=kwargs) + (f"?{query}" if query else "")
