"""Inbox, watching, mail and webhooks under /api/v1/."""

from django.urls import path

from contributions.api import news

urlpatterns = [
    path("inbox/", news.Inbox.as_view(), name="api_inbox"),
    path("inbox/read/", news.InboxRead.as_view(), name="api_inbox_read"),
    path("mail/", news.Mail.as_view(), name="api_mail"),
    path(
        "contributions/<int:number>/watch/",
        news.WatchContribution.as_view(),
        name="api_contribution_watch",
    ),
    path(
        "variants/<entry:owner>/<entry:name>/watch/",
        news.WatchVariant.as_view(),
        name="api_variant_watch",
    ),
    path(
        "datasets/<entry:owner>/<entry:name>/watch/",
        news.WatchDataset.as_view(),
        name="api_dataset_watch",
    ),
    path("webhooks/", news.Webhooks.as_view(), name="api_webhook_list"),
    path("webhooks/<int:pk>/", news.WebhookOne.as_view(), name="api_webhook_detail"),
    path("webhooks/<int:pk>/switch/", news.WebhookSwitch.as_view(), name="api_webhook_switch"),
    path("webhooks/<int:pk>/try/", news.WebhookTry.as_view(), name="api_webhook_try"),
    path("webhooks/<int:pk>/deliveries/", news.Deliveries.as_view(), name="api_delivery_list"),
    path("deliveries/<int:pk>/again/", news.DeliveryAgain.as_view(), name="api_delivery_again"),
]
