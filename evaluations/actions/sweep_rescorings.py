"""Rescorings whose worker is gone, and those that nobody was told about. Twice at once does no harm."""

from django.conf import settings
from django.db.models.functions import Now

from evaluations.actions.put_back_rescoring import LOST, put_back_rescoring
from evaluations.actions.request_rescoring import QUEUE
from evaluations.models import Rescoring
from hub.queue import send


def sweep_rescorings() -> int:
    """How many were announced."""
    for rescoring in Rescoring.objects.overdue().order_by("pk"):
        put_back_rescoring(rescoring, why=LOST, guard={"lease_until__lt": Now()})
    announced = 0
    for pk in list(Rescoring.objects.unsent(settings.SWEEP_SECONDS).values_list("pk", flat=True)):
        # Marked before it is sent, so that of two sweeps one sends.
        mine = Rescoring.objects.unsent(settings.SWEEP_SECONDS).filter(pk=pk)
        announced += mine.update(sent_at=Now()) and send("evaluations.rescore", queue=QUEUE)
    return announced
