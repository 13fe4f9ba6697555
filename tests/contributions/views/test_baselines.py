"""The changes of one baseline side by side: page, CSV, API; and what variant pages say of them."""

import csv

import pytest
from django.test import Client

from hub.models import Checkpoint, User
from tests.contributions.baselines import change, merged_change
from tests.evaluations.worlds import answered
from tests.factories import make_benchmark_version, make_checkpoint, make_recipe, make_variant
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db
PAGE = "/baselines/headwaters/brook/"


@pytest.fixture(autouse=True)
def baseline() -> Checkpoint:
    return make_checkpoint(make_variant("headwaters/brook"))


@pytest.fixture
def measured(ann: User, ben: User, cleo: User, baseline: Checkpoint) -> Checkpoint:
    """A merged change that answers ten samples more than the baseline, and two less."""
    _, result = merged_change(ann, ben, cleo)
    recipe = make_recipe(make_benchmark_version("sums"))
    answered(result, recipe, [1.0] * 10 + [0.0] * 2 + [1.0] * 30)
    answered(baseline, recipe, [0.0] * 10 + [1.0] * 2 + [1.0] * 30)
    return result


def test_a_change_stands_with_its_loss_and_what_it_is_worth(
    client: Client, measured: Checkpoint
) -> None:
    page = client.get(PAGE).content.decode()
    assert "delta/mouth" in page
    assert "0.098" in page
    assert "25.4" in page  # 8 of 42 samples, over the three quarters above chance
    assert "10.4" in page


def test_csv_and_api_hold_the_same_numbers(client: Client, measured: Checkpoint) -> None:
    told = client.get("/api/v1/baselines/headwaters/brook/changes/").json()["results"]
    [row] = told
    assert row["loss"]["delta"] == pytest.approx(-0.0975)
    assert row["board"]["delta"] == pytest.approx(100 * 8 / 42 / 0.75)
    file = b"".join(client.get(f"{PAGE}changes.csv")).decode()
    [line] = csv.DictReader(file.splitlines())
    assert float(line["board_delta"]) == pytest.approx(row["board"]["delta"])
    assert float(line["loss_delta"]) == pytest.approx(-0.0975)
    assert line["state"] == "merged"


def test_an_open_change_has_its_loss_and_waits_for_the_rest(client: Client, ann: User) -> None:
    change(ann)
    page = client.get(PAGE).content.decode()
    assert "measured once merged" in page
    assert "0.098" in page


def test_nobody_has_changed_it_yet(client: Client) -> None:
    assert "Nobody has changed it yet" in client.get(PAGE).content.decode()
    assert client.get("/baselines/no/body/").status_code == 404
    assert client.get("/api/v1/baselines/no/body/changes/").status_code == 404
    assert client.get("/baselines/HEADWATERS/brook/").headers["Location"] == PAGE


def test_pages_of_both_lead_to_each_other(
    client: Client, measured: Checkpoint, baseline: Checkpoint
) -> None:
    result = client.get(measured.variant.get_absolute_url()).content.decode()
    assert "Changed against" in result
    assert "Loss 0.098 lower" in result
    assert "batch: " in result
    parent = client.get(baseline.variant.get_absolute_url()).content.decode()
    assert "1 change of this baseline" in parent
    assert PAGE in parent


def test_the_contribution_shows_curves_configuration_and_mix(client: Client, ann: User) -> None:
    page = client.get(change(ann).get_absolute_url()).content.decode()
    for expected in ("Loss 0.098 lower", "<em>help</em>", "train.yaml", "<del>64</del>", "rain"):
        assert expected in page
    assert "style=" not in page


def test_more_changes_cost_no_more_queries(
    client: Client, ann: User, ben: User, cleo: User, measured: Checkpoint
) -> None:
    recipe = measured.scores.get().recipe

    def read() -> None:
        assert client.get(PAGE).status_code == 200

    def more() -> None:
        for number in range(3):
            _, result = merged_change(ann, ben, cleo, f"delta/arm-{number}")
            answered(result, recipe, [1.0] * 42)
        read()  # pairs are compared once

    assert_constant_queries(read, more)
