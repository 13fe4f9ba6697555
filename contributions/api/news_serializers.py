"""What the API says of inboxes, watching, mail and webhooks, and what it is told."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from contributions.models import Delivery, MailPreference, Notification, Webhook
from contributions.models.mail_preference import MailPace
from contributions.sentences import sentence
from contributions.watching import Attention
from hub.models import WorkingGroup


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    """`what` says it in words; `read_at` is null while it is unread."""

    contribution = serializers.IntegerField(source="contribution_id")
    title = serializers.CharField(source="contribution.title")
    verb = serializers.CharField(source="event.verb")
    actor = serializers.CharField(source="event.actor.username", allow_null=True, default=None)
    what = serializers.SerializerMethodField()
    page = serializers.SerializerMethodField()

    class Meta:
        model = Notification
        fields = [
            "id",
            "contribution",
            "title",
            "verb",
            "actor",
            "what",
            "why",
            "created_at",
            "read_at",
            "page",
        ]

    def get_what(self, notification: Notification) -> str:
        return sentence(notification.event)

    def get_page(self, notification: Notification) -> str:
        path = f"{notification.contribution.get_absolute_url()}#event-{notification.event_id}"
        return str(self.context["request"].build_absolute_uri(path))


class ReadRequest(serializers.Serializer[Any]):
    """Neither `id` nor `contribution`: everything."""

    id = serializers.IntegerField(default=None, allow_null=True)
    contribution = serializers.IntegerField(default=None, allow_null=True, help_text="Its number.")
    up_to = serializers.IntegerField(
        default=None, allow_null=True, help_text="The newest id that was seen; later ones stay."
    )


class ReadAnswer(serializers.Serializer[Any]):
    marked = serializers.IntegerField(help_text="How many were unread.")


class WatchSerializer(serializers.Serializer[Any]):
    attention = serializers.ChoiceField(choices=Attention.choices)


class MailSerializer(serializers.ModelSerializer[MailPreference]):
    pace = serializers.ChoiceField(choices=MailPace.choices)

    class Meta:
        model = MailPreference
        fields = ["pace"]


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    """Empty `verbs` and `kinds` and no `group` mean all of them; `stopped_why`: the hub switched it off."""

    group = serializers.CharField(source="group.slug", allow_null=True, default=None)
    link = serializers.SerializerMethodField()

    class Meta:
        model = Webhook
        fields = [
            "id",
            "url",
            "verbs",
            "kinds",
            "group",
            "active",
            "stopped_why",
            "created_at",
            "link",
        ]

    def get_link(self, webhook: Webhook) -> str:
        path = reverse("api_webhook_detail", args=[webhook.pk])
        return str(self.context["request"].build_absolute_uri(path))


class NewWebhookSerializer(WebhookSerializer):
    """`secret` is said here and on the page that asks for the password."""

    secret = serializers.SerializerMethodField()

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]

    def get_secret(self, webhook: Webhook) -> str:
        return str(self.context["secret"])


class WebhookRequest(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=500, help_text="A public https:// address.")
    verbs = serializers.ListField(child=serializers.CharField(), default=list)
    kinds = serializers.ListField(child=serializers.CharField(), default=list)
    group = serializers.SlugRelatedField(
        slug_field="slug", queryset=WorkingGroup.objects.all(), allow_null=True, default=None
    )


class SwitchRequest(serializers.Serializer[Any]):
    on = serializers.BooleanField()


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """`response` is the beginning of the answer, or why there was none."""

    payload = serializers.SerializerMethodField()

    class Meta:
        model = Delivery
        fields = [
            "id",
            "state",
            "attempt",
            "payload",
            "response_status",
            "response",
            "milliseconds",
            "created_at",
            "not_before",
            "finished_at",
        ]

    @extend_schema_field(serializers.DictField())
    def get_payload(self, delivery: Delivery) -> Any:
        return delivery.payload
