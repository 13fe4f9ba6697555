"""Inbox, watching, mail and webhooks, for scripts. All of it is about the caller."""

from typing import Any, cast

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contributions.actions._webhooks import Wish
from contributions.actions.create_webhook import create_webhook
from contributions.actions.edit_webhook import edit_webhook
from contributions.actions.mark_read import mark_read
from contributions.actions.redeliver import redeliver
from contributions.actions.set_mail_pace import set_mail_pace
from contributions.actions.switch_webhook import switch_webhook
from contributions.actions.try_webhook import try_webhook
from contributions.actions.watch import watch
from contributions.api.news_serializers import (
    DeliverySerializer,
    MailSerializer,
    NewWebhookSerializer,
    NotificationSerializer,
    ReadAnswer,
    ReadRequest,
    SwitchRequest,
    WatchSerializer,
    WebhookRequest,
    WebhookSerializer,
)
from contributions.inbox import SORTING, NotificationFilter, listed
from contributions.models import Contribution, Delivery, MailPreference, Notification, Webhook
from contributions.models.mail_preference import MailPace
from contributions.signing import secret_of
from contributions.watching import Watchable, attention_of
from hub.api.permissions import ReadPublicWriteScoped, SignedIn
from hub.api.views import Endpoint, ListEndpoint
from hub.keyset import Key, Sorting
from hub.models import Dataset, ModelVariant, User
from hub.models.token import Scope

BY_NUMBER = Sorting(choices={"number": Key("pk")}, default="-number")


def person(request: Request) -> User:
    return cast(User, request.user)


def asked(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """What was sent, read; 400 with every field's errors."""
    incoming = serializer(data=request.data)
    incoming.is_valid(raise_exception=True)
    return dict(incoming.validated_data)


class OwnEndpoint(Endpoint):
    """About the caller: reading needs a person too."""

    permission_classes = [SignedIn, ReadPublicWriteScoped]
    required_scope = Scope.CONTRIBUTE


class Inbox(ListEndpoint[Notification]):
    """Your inbox: what is unread unless `show` says otherwise."""

    permission_classes = [SignedIn, ReadPublicWriteScoped]
    queryset = Notification.objects.none()
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter
    sorting = SORTING

    def get_queryset(self) -> QuerySet[Notification]:
        signed_in = isinstance(self.request.user, User)
        return listed(person(self.request)) if signed_in else self.queryset


class InboxRead(OwnEndpoint):
    @extend_schema(
        operation_id="inbox_read",
        summary="Mark as read",
        request=ReadRequest,
        responses=ReadAnswer,
    )
    def post(self, request: Request) -> Response:
        """One, those of one contribution, or all."""
        wanted = asked(ReadRequest, request)
        number = wanted["contribution"]
        marked = mark_read(
            person=person(request),
            contribution=get_object_or_404(Contribution, pk=number) if number else None,
            notification_id=wanted["id"],
            up_to=wanted["up_to"],
        )
        return Response({"marked": marked})


class WatchEndpoint(OwnEndpoint):
    def thing(self, **address: Any) -> Watchable:
        raise NotImplementedError

    def read(self, request: Request, **address: Any) -> Response:
        return Response({"attention": attention_of(self.thing(**address), person(request))})

    def write(self, request: Request, **address: Any) -> Response:
        wanted = asked(WatchSerializer, request)
        watch(person=person(request), thing=self.thing(**address), **wanted)
        return self.read(request, **address)


class WatchContribution(WatchEndpoint):
    def thing(self, **address: Any) -> Watchable:
        return get_object_or_404(Contribution, pk=address["number"])

    @extend_schema(operation_id="contributions_watch_read", responses=WatchSerializer)
    def get(self, request: Request, number: int) -> Response:
        """How you hear of a contribution."""
        return self.read(request, number=number)

    @extend_schema(
        operation_id="contributions_watch", request=WatchSerializer, responses=WatchSerializer
    )
    def post(self, request: Request, number: int) -> Response:
        """Watch it, leave it, or mute it."""
        return self.write(request, number=number)


class WatchVariant(WatchEndpoint):
    def thing(self, **address: Any) -> Watchable:
        return get_object_or_404(ModelVariant.objects.named(**address))

    @extend_schema(operation_id="variants_watch_read", responses=WatchSerializer)
    def get(self, request: Request, owner: str, name: str) -> Response:
        """How you hear of a variant."""
        return self.read(request, owner=owner, name=name)

    @extend_schema(
        operation_id="variants_watch", request=WatchSerializer, responses=WatchSerializer
    )
    def post(self, request: Request, owner: str, name: str) -> Response:
        """Hear of what is proposed, merged and measured of a variant, or stop."""
        return self.write(request, owner=owner, name=name)


class WatchDataset(WatchEndpoint):
    def thing(self, **address: Any) -> Watchable:
        return get_object_or_404(Dataset.objects.named(**address))

    @extend_schema(operation_id="datasets_watch_read", responses=WatchSerializer)
    def get(self, request: Request, owner: str, name: str) -> Response:
        """How you hear of a dataset."""
        return self.read(request, owner=owner, name=name)

    @extend_schema(
        operation_id="datasets_watch", request=WatchSerializer, responses=WatchSerializer
    )
    def post(self, request: Request, owner: str, name: str) -> Response:
        """Hear of what is proposed and merged of a dataset, or stop."""
        return self.write(request, owner=owner, name=name)


class Mail(OwnEndpoint):
    @extend_schema(
        operation_id="mail_read", summary="How you hear by mail", responses=MailSerializer
    )
    def get(self, request: Request) -> Response:
        wish = MailPreference.objects.filter(person=person(request)).first()
        return Response({"pace": wish.pace if wish else MailPace.DIGEST})

    @extend_schema(
        operation_id="mail_set",
        summary="Choose how you hear by mail",
        request=MailSerializer,
        responses=MailSerializer,
    )
    def post(self, request: Request) -> Response:
        wish = set_mail_pace(person=person(request), **asked(MailSerializer, request))
        return Response(MailSerializer(wish).data)


class Webhooks(ListEndpoint[Webhook]):
    """Yours."""

    permission_classes = [SignedIn, ReadPublicWriteScoped]
    required_scope = Scope.CONTRIBUTE
    queryset = Webhook.objects.none()
    serializer_class = WebhookSerializer
    filter_backends = []
    sorting = BY_NUMBER

    def get_queryset(self) -> QuerySet[Webhook]:
        mine = Webhook.objects.filter(owner=self.request.user.pk)
        return mine.select_related("group").order_by("-pk")

    @extend_schema(
        operation_id="webhooks_create",
        summary="Make a webhook",
        request=WebhookRequest,
        responses={201: NewWebhookSerializer},
    )
    def post(self, request: Request) -> Response:
        """The answer holds the secret that its messages are signed with."""
        made = create_webhook(owner=person(request), wish=Wish(**asked(WebhookRequest, request)))
        context = {"request": request, "secret": secret_of(made.salt)}
        data = NewWebhookSerializer(made, context=context).data
        return Response(data, status=201, headers={"Location": data["link"]})


class WebhookEndpoint(OwnEndpoint):
    def own(self, request: Request, pk: int) -> Webhook:
        rows = Webhook.objects.select_related("owner", "group")
        return get_object_or_404(rows, pk=pk, owner=person(request))

    def answer(self, request: Request, webhook: Webhook) -> Response:
        return Response(WebhookSerializer(webhook, context={"request": request}).data)


class WebhookOne(WebhookEndpoint):
    @extend_schema(operation_id="webhooks_read", summary="One webhook", responses=WebhookSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return self.answer(request, self.own(request, pk))

    @extend_schema(
        operation_id="webhooks_change",
        summary="Change a webhook",
        request=WebhookRequest,
        responses=WebhookSerializer,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Where it goes and what of. Its secret stays."""
        webhook = self.own(request, pk)
        wish = Wish(**asked(WebhookRequest, request))
        edit_webhook(actor=person(request), webhook=webhook, wish=wish)
        return self.answer(request, webhook)


class WebhookSwitch(WebhookEndpoint):
    @extend_schema(
        operation_id="webhooks_switch",
        summary="Switch a webhook on or off",
        request=SwitchRequest,
        responses=WebhookSerializer,
    )
    def post(self, request: Request, pk: int) -> Response:
        webhook = self.own(request, pk)
        switch_webhook(actor=person(request), webhook=webhook, **asked(SwitchRequest, request))
        return self.answer(request, webhook)


class WebhookTry(WebhookEndpoint):
    @extend_schema(
        operation_id="webhooks_try",
        summary="Send a test",
        request=None,
        responses={202: DeliverySerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """One attempt; its delivery says what came of it."""
        ping = try_webhook(actor=person(request), webhook=self.own(request, pk))
        return Response(DeliverySerializer(ping).data, status=202)


class Deliveries(ListEndpoint[Delivery]):
    """What one of your webhooks was sent in the last thirty days."""

    permission_classes = [SignedIn, ReadPublicWriteScoped]
    queryset = Delivery.objects.none()
    serializer_class = DeliverySerializer
    filter_backends = []
    sorting = BY_NUMBER

    def get_queryset(self) -> QuerySet[Delivery]:
        mine = Delivery.objects.filter(webhook__owner=self.request.user.pk)
        return mine.filter(webhook=self.kwargs.get("pk")).order_by("-pk")


class DeliveryAgain(OwnEndpoint):
    @extend_schema(
        operation_id="deliveries_again",
        summary="Send again",
        request=None,
        responses={202: DeliverySerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """A delivery that was given up, as it was."""
        own = Delivery.objects.filter(webhook__owner=person(request)).select_related("webhook")
        delivery = redeliver(actor=person(request), delivery=get_object_or_404(own, pk=pk))
        return Response(DeliverySerializer(delivery).data, status=202)
