from importlib import import_module

from django.apps import AppConfig


class ContributionsConfig(AppConfig):
    name = "contributions"

    def ready(self) -> None:
        # Registers what the hub's pages show of contributions.
        import_module("contributions.panels")
        import_module("contributions.people_panels")
        # Tells runs what was tried before a merge.
        import_module("contributions.tried")
        # … and who may open gates at origins.
        import_module("contributions.lending")
