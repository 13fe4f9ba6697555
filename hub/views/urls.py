"""Pages of the catalogue and of the site itself."""

from django.urls import path

import hub.converters  # noqa: F401 registers <entry:…> and <username:…>
from hub.views import account, catalogue, health, origin_tokens, pages, webhooks

urlpatterns = [
    path("", pages.front, name="front"),
    path("search/", pages.search, name="search"),
    path("variants/", catalogue.variant_list, name="variant_list"),
    path("variants/<entry:owner>/<entry:name>/", catalogue.variant_detail, name="variant_detail"),
    path("datasets/", catalogue.dataset_list, name="dataset_list"),
    path("datasets/<entry:owner>/<entry:name>/", catalogue.dataset_detail, name="dataset_detail"),
    path("people/<username:username>/", pages.person_detail, name="person_detail"),
    path("account/", account.account_settings, name="account_settings"),
    path("account/tokens/", account.token_create, name="token_create"),
    path("account/tokens/<int:pk>/revoke/", account.token_revoke, name="token_revoke"),
    path("account/origin-tokens/", origin_tokens.origin_token_list, name="origin_token_list"),
    path(
        "account/origin-tokens/<int:pk>/remove/",
        origin_tokens.origin_token_remove,
        name="origin_token_remove",
    ),
    path("webhooks/huggingface/", webhooks.huggingface, name="huggingface_webhook"),
    path("styleguide/", pages.styleguide, name="styleguide"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("robots.txt", health.robots, name="robots"),
]
