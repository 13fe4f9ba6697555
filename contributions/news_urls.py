"""What happened, for whoever wants to hear: inbox, watching, mail, webhooks, feeds."""

from django.urls import path

from contributions.views import feeds, inbox, mail, watching, webhooks

urlpatterns = [
    # /inbox/
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/count/", inbox.inbox_count, name="inbox_count"),
    path("inbox/read/", inbox.inbox_read, name="inbox_read"),
    # …/watch/
    path(
        "contributions/<int:number>/watch/", watching.watch_contribution, name="contribution_watch"
    ),
    path(
        "variants/<entry:owner>/<entry:name>/watch/", watching.watch_variant, name="variant_watch"
    ),
    path(
        "datasets/<entry:owner>/<entry:name>/watch/", watching.watch_dataset, name="dataset_watch"
    ),
    # /account/mail/ /mail/
    path("account/mail/", mail.mail_preference, name="mail_preference"),
    path("mail/stop/<str:token>/", mail.mail_stop, name="mail_stop"),
    # /account/webhooks/
    path("account/webhooks/", webhooks.webhook_list, name="webhook_list"),
    path("account/webhooks/<int:pk>/", webhooks.webhook_detail, name="webhook_detail"),
    path("account/webhooks/<int:pk>/secret/", webhooks.webhook_secret, name="webhook_secret"),
    path("account/webhooks/<int:pk>/switch/", webhooks.webhook_switch, name="webhook_switch"),
    path("account/webhooks/<int:pk>/try/", webhooks.webhook_try, name="webhook_try"),
    path("account/deliveries/<int:pk>/again/", webhooks.delivery_again, name="delivery_again"),
    # /feeds/
    path("feeds/contributions/", feeds.contributions, name="feed_contributions"),
    path("feeds/merged/", feeds.merged, name="feed_merged"),
    path("feeds/contributions/<int:number>/", feeds.one, name="feed_contribution"),
    path("feeds/variants/<entry:owner>/<entry:name>/", feeds.variant, name="feed_variant"),
    path("feeds/datasets/<entry:owner>/<entry:name>/", feeds.dataset, name="feed_dataset"),
    path("feeds/boards/<slug:slug>/", feeds.board, name="feed_board"),
]
