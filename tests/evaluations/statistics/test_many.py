"""Against statsmodels, and against an example worked by hand."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from evaluations import statistics


def test_holms_correction_by_hand() -> None:
    # Sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1; never smaller than the one before.
    assert statistics.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holms_correction_is_that_of_statsmodels() -> None:
    asked = np.random.default_rng(9).random(14) ** 3
    expected = multipletests(asked, method="holm")[1]
    assert statistics.holm(asked.tolist()) == pytest.approx(expected.tolist())


def test_one_question_or_none_is_not_corrected() -> None:
    assert statistics.holm([0.04]) == [0.04]
    assert statistics.holm([]) == []
