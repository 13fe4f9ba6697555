from importlib import import_module

from django.apps import AppConfig


class HubConfig(AppConfig):
    name = "hub"

    def ready(self) -> None:
        # Both register themselves when they are imported.
        import_module("hub.checks")
        import_module("hub.api.schema")
