"""What people do with what a check found, besides running it again."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from contributions.actions.adopt_parent import adopt_parent
from contributions.models import Check, Contribution
from contributions.views.moves import attempt, head_of, on_contribution, person


@on_contribution
def adopt(
    request: HttpRequest, contribution: Contribution, name: str, position: int
) -> HttpResponse:
    """The button says that it signs off."""
    check = get_object_or_404(
        Check, version__contribution=contribution, version__number=contribution.head, name=name
    )

    def act() -> object:
        return adopt_parent(
            actor=person(request),
            check=check,
            position=position,
            head=head_of(request),
            sign_off=bool(request.POST.get("sign_off")),
        )

    return attempt(request, contribution, act, done="The parent is in the new version.")
