"""Loss curves: what is read from logs, what is refused, and where two of them are compared."""

import json

import pytest

from contributions.curve_chart import draw
from contributions.curves import MOST_POINTS, Curve, CurveError, match, mean_of, read, thinned

PLAIN = Curve((1, 2, 3), (5.0, 4.0, 3.5))
COUNTED = Curve((1, 2, 3), (5.0, 4.0, 3.5), (100, 200, 300))


@pytest.mark.parametrize(
    ("text", "curve"),
    [
        ("step,loss\n1,5\n2,4\n3,3.5\n", PLAIN),
        ("1\t5\n2\t4\n3\t3.5", PLAIN),
        ("1,100,5\n2,200,4\n3,300,3.5", COUNTED),
        ("loss;tokens;step\n5;100;1\n4;200;2\n3.5;300;3", COUNTED),
        ('"Step","run 7 - train/loss","other"\n1,5,x\n2,4,y\n3,3.5,z', PLAIN),
        ('{"_step": 1, "train_loss": 5}\n{"_step": 2, "eval": 1}\n{"_step": 3, "train_loss": 3.5}',
         Curve((1, 3), (5.0, 3.5))),
        (COUNTED.as_csv(), COUNTED),
        ("step,tokens,loss\n1,0,5\n2,0,4\n3,0,3.5", PLAIN),
    ],
)  # fmt: skip
def test_what_training_writes_is_read(text: str, curve: Curve) -> None:
    assert read(text) == curve


def test_scripts_send_objects_and_what_was_kept_is_read_back() -> None:
    points = [{"step": 1, "loss": 5}, {"step": 2, "loss": 4}, {"step": 3, "loss": 3.5}]
    assert read(points) == PLAIN
    assert read(json.loads(json.dumps(COUNTED.as_json()))) == COUNTED


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("step,loss\n1,5\n2,nan", "Line 3: nan is no finite loss"),
        ("step,loss\n1,5\n2,inf", "no finite loss"),
        ("step,loss\n1,5\n1,4", "Line 3: step 1 does not come after step 1"),
        ("1,200,5\n2,100,4", "tokens fall from 200 to 100"),
        ("step,loss\n1.5,5\n2,4", "1.5 is no step"),
        ("step,loss\n1,5", "at least 2 points"),
        ("a,b\n1,5", "No column is called step"),
        ("step,loss\n1,5\n2", "Line 3 has 1 columns"),
        ("{nonsense", "Line 1 is no JSON object"),
        ('{"step": 1, "tokens": 5, "loss": 3}\n{"step": 2, "loss": 2}', "Either every point"),
        ("1,5,3,2\n2,3,4,5", "Without a head"),
        ({"steps": [1], "losses": []}, "one length"),
        ({"steps": [1, True], "losses": [1, 2]}, "no finite step"),
        (7, "A curve is text"),
    ],
)
def test_what_is_no_curve_is_refused_with_its_line(value: object, why: str) -> None:
    with pytest.raises(CurveError, match=why):
        read(value)


def test_a_log_that_is_too_long_is_refused() -> None:
    with pytest.raises(CurveError, match="thin the log out"):
        read("\n".join(f"{step},1" for step in range(MOST_POINTS + 1)))


def test_the_mean_runs_along_the_line_and_does_not_depend_on_how_often_was_logged() -> None:
    # From 4 at 2 to 3.5 at 3, the half from 2.5 on: 3.75 falls to 3.5, 3.625 in the middle.
    assert mean_of(PLAIN, "steps", 2.5, 3) == pytest.approx(3.625)
    often = Curve(tuple(range(0, 101, 1)), tuple(5 - step / 50 for step in range(0, 101, 1)))
    seldom = Curve((0, 100), (5.0, 3.0))
    assert mean_of(often, "steps", 90, 100) == pytest.approx(mean_of(seldom, "steps", 90, 100))


def test_two_curves_are_compared_at_the_end_of_what_both_cover() -> None:
    baseline = Curve((0, 1000), (5.0, 3.0))  # 3.4 at 800
    changed = Curve((0, 800), (5.0, 3.2))
    matched = match(baseline, changed)
    assert matched is not None
    assert (matched.axis, matched.at, matched.window) == ("steps", 800, 40)
    # the middle of the last 40 steps is 780: 5 - 2 * 0.78, and 5 - 1.8 * 780 / 800
    assert matched.baseline == pytest.approx(3.44)
    assert matched.changed == pytest.approx(3.245)
    assert matched.delta == pytest.approx(-0.195)


def test_tokens_decide_where_both_count_them() -> None:
    # Twice the batch: as many tokens in half the steps.
    baseline = Curve((0, 100), (5.0, 3.0), (0, 1000))
    changed = Curve((0, 50), (5.0, 3.0), (0, 1000))
    matched = match(baseline, changed)
    assert matched is not None
    assert (matched.axis, matched.at) == ("tokens", 1000)
    assert matched.delta == pytest.approx(0)
    plain = match(baseline, Curve((0, 50), (5.0, 3.0)))
    assert plain is not None
    assert plain.axis == "steps"
    assert plain.delta == pytest.approx(-0.975)


def test_curves_without_a_common_range_are_drawn_and_not_compared() -> None:
    apart = Curve((10, 20), (2.0, 1.0))
    assert match(PLAIN, apart) is None
    chart = draw(PLAIN, apart)
    assert "no range in common" in chart.caption
    assert chart.rows == []
    assert chart.baseline.startswith("M")


def test_a_chart_states_its_point() -> None:
    baseline = Curve((0, 100), (5.0, 3.0), (0, 100_000_000_000))
    changed = Curve((0, 100), (5.0, 2.9), (0, 100_000_000_000))
    chart = draw(baseline, changed)
    assert chart.caption == "Loss 0.098 lower at 100\N{NO-BREAK SPACE}B tokens"
    assert chart.detail.startswith("2.952 against 3.050: means over the last 5\N{NO-BREAK SPACE}B")
    assert chart.rows[-1]["delta"] == "\N{MINUS SIGN}0.100"
    assert draw(changed, baseline).caption.startswith("Loss 0.098 higher")
    assert "the same to three decimals" in draw(baseline, baseline).caption


def test_thinning_keeps_spikes_and_order() -> None:
    losses = [3.0] * MOST_POINTS
    losses[1234] = 9.0
    curve = Curve(tuple(range(MOST_POINTS)), tuple(losses))
    drawn = thinned(curve, "steps", 200)
    assert len(drawn) <= 200
    assert (1234.0, 9.0) in drawn
    assert drawn == sorted(drawn)
