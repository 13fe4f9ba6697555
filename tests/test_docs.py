"""Documentation that lies fails here."""

import re
from pathlib import Path

import pytest
from django.apps import apps

from hub.state import Stateful

ROOT = Path(__file__).resolve().parent.parent
APPS = ("hub", "evaluations", "contributions")
STATEFUL = [model for model in apps.get_models() if issubclass(model, Stateful)]


def readme_of(app: str) -> str:
    return (ROOT / app / "README.md").read_text()


def environment_names() -> set[str]:
    """Every variable that settings read; one with a default that names another counts once each."""
    source = (ROOT / "hub" / "settings.py").read_text()
    return set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z0-9_]+)"', source))


def test_the_configuration_table_names_every_variable_and_no_other() -> None:
    table = (ROOT / "README.md").read_text().split("## Configuration", 1)[1].split("\n## ", 1)[0]
    assert set(re.findall(r"^\| `([A-Z0-9_]+)`", table, re.MULTILINE)) == environment_names()


@pytest.mark.parametrize("model", STATEFUL, ids=lambda model: model.__name__)
def test_readmes_show_the_moves_as_they_are(model: type[Stateful]) -> None:
    """A line a state: - `queued` → `fetching`, `cancelled`; a state without a way out: - `merged` (final)."""
    section = readme_of(model._meta.app_label).split(f"### {model.__name__}\n", 1)[1]
    section = section.split("\n#", 1)[0]
    shown = {
        state: set(re.findall(r"`(\w+)`", targets))
        for state, targets in re.findall(
            r"^- `(\w+)`(?: → ([^\n]*?)| \(final\))$", section, re.MULTILINE
        )
    }
    assert shown == {state: set(targets) for state, targets in model.MOVES.items()}


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("folder", ["actions", "models"])
def test_readmes_name_every_verb_and_noun(app: str, folder: str) -> None:
    files = {p.stem for p in (ROOT / app / folder).glob("*.py") if not p.stem.startswith("_")}
    missing = {name for name in files if f"`{name}`" not in readme_of(app)}
    assert missing == set()


@pytest.mark.parametrize("app", APPS)
def test_readmes_date_their_decisions(app: str) -> None:
    decisions = readme_of(app).split("## Decisions", 1)[1]
    assert re.search(r"^- \*\*20\d\d-\d\d-\d\d\*\* ", decisions, re.MULTILINE)


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", *(f"{app}/README.md" for app in APPS)]
)
def test_links_to_files_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text()
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text)
    assert [link for link in links if not (ROOT / name).parent.joinpath(link).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_commands_that_the_documents_name_exist(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"`make ([a-z-]+)", (ROOT / name).read_text())):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"
    for command in set(re.findall(r"manage\.py ([a-z_]+)", (ROOT / name).read_text())):
        assert list(ROOT.glob(f"*/management/commands/{command}.py")) or command in {
            "migrate",
            "check",
            "createsuperuser",
            "collectstatic",
        }, f"manage.py {command}"
