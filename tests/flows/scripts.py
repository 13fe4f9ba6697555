"""People as their scripts see the hub: a token, JSON in, JSON out. Nothing here knows a model."""

from dataclasses import dataclass
from typing import Any

from rest_framework.test import APIClient

from contributions.actions.check import run_check
from contributions.models import Check
from hub.actions.create_token import create_token
from hub.models import User
from hub.models.token import Scope


@dataclass(frozen=True)
class Script:
    """One person's script; `post` and `get` insist on success, `refused` on the lack of it."""

    client: APIClient

    def get(self, path: str) -> Any:
        response = self.client.get(f"/api/v1/{path}")
        assert response.status_code == 200, response.content
        return response.json()

    def post(self, path: str, **body: Any) -> Any:
        response = self.client.post(f"/api/v1/{path}", body, format="json")
        assert response.status_code in {200, 201}, response.content
        return response.json()

    def refused(self, path: str, **body: Any) -> tuple[int, str]:
        """Status, and everything that was said."""
        response = self.client.post(f"/api/v1/{path}", body, format="json")
        assert response.status_code >= 400, response.content
        return response.status_code, response.content.decode()

    def propose(self, kind: str, payload: dict[str, Any], **more: Any) -> int:
        """Signed off; answers with the contribution's number."""
        made = self.post(
            "contributions/", **{"kind": kind, "payload": payload, "sign_off": True, **more}
        )
        return int(made["number"])

    def judge(
        self, number: int, verdict: str = "approve", *, head: int = 1, body: str = ""
    ) -> None:
        self.post(f"contributions/{number}/reviews/", head=head, verdict=verdict, body=body)

    def merge(self, number: int, *, head: int = 1) -> Any:
        return self.post(f"contributions/{number}/merge/", head=head)


def script_of(person: User) -> Script:
    _, secret = create_token(user=person, name="script", scopes=list(Scope.values))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return Script(client)


def anybody() -> Script:
    return Script(APIClient())


def work_off_checks() -> dict[str, str]:
    """As workers would, in order, until none waits. Name -> state, of those that were run."""
    ran: dict[str, str] = {}
    while waiting := list(Check.objects.filter(state="queued").order_by("pk")):
        for check in waiting:
            run_check(check_id=check.pk, worker="test")
            check.refresh_from_db()
            ran[check.name] = check.state
        still = Check.objects.filter(state="queued", pk__in=[check.pk for check in waiting])
        assert still.count() < len(waiting), "no check could go on"
    return ran
