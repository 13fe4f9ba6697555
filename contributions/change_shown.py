"""What a change of a baseline consists of, as its page and the result's page draw it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from contributions.curve_chart import draw
from contributions.curves import Curve
from contributions.text_diff import line_diff


def change_shown(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The context of contributions/panels/_change.html. No query."""
    curves = [Curve.of(payload[name]) for name in ("baseline_curve", "changed_curve")]
    return {
        "baseline": payload["baseline"],
        "baseline_commit": payload["baseline_commit"],
        "chart": draw(*curves),
        "files": [_file(row) for row in payload["configuration"]],
        "mix": [_share(row) for row in payload["mix"]],
        "hypothesis": payload["hypothesis"],
        "code": payload["code"],
    }


def _file(row: Mapping[str, Any]) -> dict[str, Any]:
    """In the shape of a Change, so that the template of line differences draws it."""
    lines = [asdict(line) for line in line_diff(row["before"], row["after"])]
    return {"label": row["path"], "detail": {"lines": lines}}


def _share(row: Mapping[str, Any]) -> dict[str, Any]:
    before, after = row["before"], row["after"]
    return {**row, "delta": (after or 0) - (before or 0)}
