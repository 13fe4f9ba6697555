import pytest

from evaluations.agreement import Measured, agrees, changed

KNOWN = Measured(0.5, 0.1, (1.0, 0.0), ("a", "b"))


def test_the_same_answers_agree_whatever_the_errors_are() -> None:
    sure = Measured(0.5, 0.0, (1.0, 0.0), ("a", "b"))
    assert agrees(sure, sure)
    assert changed(sure, sure) == 0


@pytest.mark.parametrize(
    ("value", "stderr", "does"),
    [(0.5, 0.1, True), (0.78, 0.1, True), (0.79, 0.1, False), (0.21, 0.1, False)],
)
def test_values_agree_within_two_standard_errors_of_their_difference(
    value: float, stderr: float, does: bool
) -> None:
    assert agrees(KNOWN, Measured(value, stderr, (0.0, 0.0), ("a", "b"))) is does


def test_without_a_standard_error_values_have_to_be_the_same() -> None:
    known = Measured(12.5, None, (), ())
    assert agrees(known, Measured(12.5, None, (), ()))
    assert not agrees(known, Measured(12.6, None, (), ()))


def test_changed_documents_are_counted_by_name_where_the_order_differs() -> None:
    assert changed(KNOWN, Measured(0.5, 0.1, (0.0, 0.0), ("a", "b"))) == 1
    assert changed(KNOWN, Measured(0.5, 0.1, (0.0, 1.0), ("b", "a"))) == 0
    assert changed(KNOWN, Measured(0.5, 0.1, (1.0, 1.0), ("b", "c"))) == 1
