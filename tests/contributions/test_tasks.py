"""Messages find their tasks, and tasks find their work."""

import pytest
from django.conf import settings as real
from pytest_django.fixtures import Settings

from contributions import tasks
from contributions.actions.comment import comment
from contributions.models import Delivery, Notification
from hub.celery import app
from hub.models import User
from tests.contributions.hearing import make_webhook
from tests.contributions.stories import submitted
from tests.listener import listening

pytestmark = pytest.mark.django_db


def test_what_beat_sends_is_a_task() -> None:
    app.loader.import_default_modules()
    asked = {entry["task"] for entry in real.CELERY_BEAT_SCHEDULE.values()}
    assert asked <= set(app.tasks)
    assert {"contributions.announce", "contributions.mail", "contributions.deliver"} <= set(
        app.tasks
    )


def test_from_a_word_to_inbox_and_webhook_task_by_task(
    ann: User, sam: User, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with listening() as listener:
        webhook = make_webhook(ann, listener.url, verbs=["commented"])
        comment(author=sam, contribution=submitted(ann), body="Hello.")
        tasks.announce()
        tasks.deliver(webhook.pk)
        for idle in (tasks.announce, tasks.sweep_webhooks, tasks.forget, tasks.mail):
            idle()
    assert Notification.objects.get().person == ann
    assert Delivery.objects.get().state == "delivered"
    assert len(listener.messages) == 1
