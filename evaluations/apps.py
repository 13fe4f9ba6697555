from importlib import import_module

from django.apps import AppConfig


class EvaluationsConfig(AppConfig):
    name = "evaluations"

    def ready(self) -> None:
        # Registers what the hub's pages show of measuring.
        import_module("evaluations.panels")
        import_module("evaluations.claim_panels")
        # … and what the API says of entries.
        import_module("evaluations.api.disputes")
        # … and what of the store runs hold.
        import_module("evaluations.held")
