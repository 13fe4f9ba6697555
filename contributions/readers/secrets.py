"""Keys and passwords that were left in text files. What is found is named by kind and line, never shown."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

MOST_FOUND = 20
# A line beyond this is data; its start is looked at.
LONGEST_LINE = 4000
LEAST_ENTROPY = 3.0
# Bits a character of what somebody assigned to a name that says "secret".
ASSIGNED_ENTROPY = 3.6


class Found(NamedTuple):
    """`line` counts from 1."""

    kind: str
    line: int


# Issuers mark their keys so that they can be found.
MARKED: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"(?<![A-Za-z0-9_-]){pattern}"))
    for kind, pattern in (
        ("Hugging Face token", r"(?:hf|api_org)_([A-Za-z0-9]{30,60})(?![A-Za-z0-9])"),
        ("Tributary token", r"trib_([A-Za-z0-9]{36,80})"),
        ("GitHub token", r"gh[pousr]_([A-Za-z0-9]{36,255})"),
        ("GitHub token", r"github_pat_([A-Za-z0-9_]{50,255})"),
        ("GitLab token", r"glpat-([A-Za-z0-9_-]{20,})"),
        ("OpenAI or Anthropic key", r"sk-((?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{32,})"),
        ("AWS access key", r"(?:AKIA|ASIA)([0-9A-Z]{16})(?![0-9A-Za-z])"),
        ("Google API key", r"AIza([0-9A-Za-z_-]{35})(?![0-9A-Za-z_-])"),
        ("Slack token", r"xox[baprs]-([0-9A-Za-z-]{20,})"),
        ("npm token", r"npm_([A-Za-z0-9]{36})(?![A-Za-z0-9])"),
        ("PyPI token", r"pypi-(AgEI[A-Za-z0-9_-]{50,})"),
        ("Replicate token", r"r8_([A-Za-z0-9]{37})(?![A-Za-z0-9])"),
        ("Stripe key", r"[rs]k_live_([0-9A-Za-z]{20,})"),
    )
)
PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ ){0,2}PRIVATE KEY(?: BLOCK)?-----")
ASSIGNED = re.compile(
    r"(?i)(?:api[_-]?key|secret(?:[_-]?key)?|access[_-]?key|auth[_-]?token|access[_-]?token"
    r"|_token|password|passwd)[\"']?\s{0,3}(?:=|:|=>)\s{0,3}[\"']?([A-Za-z0-9+/_=.-]{20,200})"
)
PLACEHOLDER = re.compile(
    r"(?i)example|your|placeholder|dummy|changeme|redacted|xxxx|\*\*\*|0000|1234"
)


def find(text: str) -> Iterator[Found]:
    """At most MOST_FOUND places, in the order of the lines."""
    count = 0
    for number, line in enumerate(text.splitlines(), 1):
        kind = _kind_of(line[:LONGEST_LINE])
        if kind:
            yield Found(kind, number)
            count += 1
            if count >= MOST_FOUND:
                return


def _kind_of(line: str) -> str:
    """What the first secret of a line is; empty where there is none."""
    for kind, pattern in MARKED:
        for match in pattern.finditer(line):
            if entropy(match[1]) >= LEAST_ENTROPY and not PLACEHOLDER.search(match[1]):
                return kind
    if PRIVATE_KEY.search(line):
        return "private key"
    for match in ASSIGNED.finditer(line):
        value = match[1]
        mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
        named = "/" in value[1:] and value.islower()
        if (
            mixed
            and not named
            and not PLACEHOLDER.search(value)
            and entropy(value) >= ASSIGNED_ENTROPY
        ):
            return "password or key"
    return ""


def entropy(text: str) -> float:
    """Shannon's, in bits a character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values()) if text else 0.0
