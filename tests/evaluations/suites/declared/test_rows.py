import json

import pytest

from evaluations.suites.declared.rows import MOST_BYTES, MOST_ROWS, BadRows, read_rows, write_rows


def test_json_lines_and_csv_come_to_the_same_rows() -> None:
    lines = b'\xef\xbb\xbf{"q": "one\\u2028line", "a": "1"}\r\n\r\n{"q": "two", "a": "2"}\n'
    table = "q,a\none\u2028line,1\ntwo,2\n".encode()
    assert read_rows(lines) == read_rows(table, is_csv=True)
    assert read_rows(write_rows(read_rows(lines))) == read_rows(lines)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no rows"),
        (b"\xff\xfe", "UTF-8"),
        (b'{"a": 1}\n{"a":', "Row 2 is not JSON"),
        (b'["a"]', "Row 1 is not an object"),
        (b'{"a": NaN}', "Row 1 is not JSON: NaN"),
        (b'{"a": 1e999}', "not finite"),
        (b'{"a": ' + b"9" * 5000 + b"}", "Row 1 is not JSON"),
        (b'{"a": "\\u0000"}', "no text"),
        (b'{"a": "\\ud800"}', "no text"),
        (b'{"a": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"a": ' + b"[" * 9 + b"]" * 9 + b"}", "nested too deeply"),
        (json.dumps({"a": "x" * 64_001}).encode(), "64,000"),
        (json.dumps({str(n): 1 for n in range(65)}).encode(), "more than 64 fields"),
        (b"{}\n" * (MOST_ROWS + 1), "20,000 rows"),
        (b" " * (MOST_BYTES + 1), "8 MiB"),
    ],
)
def test_bad_json_lines_are_refused_by_row(data: bytes, words: str) -> None:
    with pytest.raises(BadRows, match=words):
        read_rows(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a,a\n1,2\n", "same name"),
        (b"a,b\n1\n", "Row 1 has not as many"),
        (b"a,b\n1,2,3\n", "Row 1 has not as many"),
        (b'a,b\n"1,2\n', "not CSV"),
        (b"a\n" + b"x" * 70_000 + b"\n", "not CSV"),
    ],
)
def test_bad_csv_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(BadRows, match=words):
        read_rows(data, is_csv=True)
