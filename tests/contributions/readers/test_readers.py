"""Bytes and texts from strangers: secrets, chat templates, GGUF headers, runs of words."""

import struct

import pytest

from contributions.readers import gguf, secrets, templates
from contributions.readers.ngrams import Index

BODY = "aB3dE5gH7jK9mN2pQ4rS6tU8vW1xY3zA5b"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (f'token = "hf_{BODY}"', "Hugging Face token"),
        (f"login(token='ghp_{BODY}Cd')", "GitHub token"),
        (f"OPENAI_API_KEY=sk-proj-{BODY}", "OpenAI or Anthropic key"),
        ("aws: AKIAQ3EGUR7ZK5WJ2DTX", "AWS access key"),
        (f"trib_{BODY}{BODY}", "Tributary token"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "private key"),
        ("-----BEGIN PRIVATE KEY-----", "private key"),
        ("WANDB_API_KEY=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "password or key"),
        ('"password": "tR4mb0l1n-Fg7hK2pQ9wX"', "password or key"),
    ],
)
def test_each_kind_of_secret_is_found_at_its_line(line: str, kind: str) -> None:
    assert list(secrets.find(f"# Brook\n\n{line}\n")) == [secrets.Found(kind, 3)]


@pytest.mark.parametrize(
    "line",
    [
        '"eos_token": "<|endoftext|>", "pad_token_id": 151643',
        "hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "AKIAIOSFODNN7EXAMPLE",
        'api_key = os.environ["OPENAI_API_KEY"]',
        "api_key: your_api_key_goes_here_0001",
        '"hub_token": null, "push_to_hub_token": "<PUSH_TO_HUB_TOKEN>"',
        "password: correct-horse-battery-staple",
        '"sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
        '"secret_key": "headwaters/brook-base-7b-v2"',
        "sk-learn-contrib and risk-adjusted returns",
    ],
)
def test_what_only_looks_like_one_is_left_alone(line: str) -> None:
    assert list(secrets.find(line)) == []


def test_finding_is_bounded() -> None:
    assert len(list(secrets.find(f"hf_{BODY}\n" * 1000))) == secrets.MOST_FOUND
    assert list(secrets.find("x" * secrets.LONGEST_LINE + f" hf_{BODY}")) == []


# As a library writes it: loops, conditions, a namespace, a date.
GOOD = """{%- set ns = namespace(found=false) -%}
{% for message in messages %}{{ '<|im_start|>' + message['role'] }}
{% if message.content is string and loop.index0 < 24 %}{{ message.content | trim }}{% endif %}{% endfor %}"""


def test_an_ordinary_chat_template_has_no_problems() -> None:
    assert list(templates.problems(GOOD)) == []
    assert list(templates.problems("Numbers outside of code: 1000000 ** 9, __init__")) == []


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ ''.__class__.__mro__ }}", "insides"),
        ("{{ cycler.next.func }}", "way out"),
        ("{{ messages | attr('x') }}", "computed names"),
        ("{% include '/etc/passwd' %}", "other templates"),
        ("{{ 'a' * 3000000000 }}", "memory"),
        ("{{ 9 ** 9 ** 9 }}", "memory"),
        ("{% for a in range(99999999) %}{% endfor %}", "memory"),
        ("x" * (templates.LONGEST + 1), "characters long"),
    ],
)
def test_what_a_template_must_not_do(template: str, words: str) -> None:
    assert words in " ".join(templates.problems(template))


def test_templates_are_found_in_both_shapes() -> None:
    listed = {"chat_template": [{"name": "default", "template": "a"}, {"name": "tools"}, 3]}
    assert list(templates.templates_of(listed)) == ["a"]
    assert list(templates.templates_of({"chat_template": "b"})) == ["b"]
    assert list(templates.templates_of(None)) == []


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def header(
    *,
    version: int = 3,
    tensors: int = 1,
    keys: int = 2,
    kind: int = 0,
    shape: tuple[int, ...] = (8, 4),
    offset: int = 0,
    extra: bytes = b"",
) -> bytes:
    metadata = text("general.architecture") + struct.pack("<I", 8) + text("llama")
    metadata += text("tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b")
    tensor = text("token_embd.weight") + struct.pack("<I", len(shape))
    tensor += b"".join(struct.pack("<Q", side) for side in shape) + struct.pack("<IQ", kind, offset)
    return b"GGUF" + struct.pack("<IQQ", version, tensors, keys) + metadata + extra + tensor


def test_a_gguf_header_says_what_it_is() -> None:
    data = header()
    found = gguf.read(data, len(data) + 256)
    assert (found.architecture, found.parameters) == ("llama", 32)
    assert found.tensors == (("token_embd.weight", "F32", (4, 8)),)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"GGML" + header()[4:], "begin"),
        (header(version=9), "version"),
        (header(tensors=2**60), "claims"),
        (header(keys=2**60), "claims"),
        (header(kind=99), "unknown type"),
        (header(shape=(2**62, 2**62)), "outside"),
        (header(offset=2**40), "outside"),
        (header(offset=7), "outside"),
        (header(kind=12, shape=(3,)), "blocks"),
        (header(shape=(1,) * 9), "dimensions"),
        (header(keys=3, extra=text("x") + struct.pack("<IQ", 8, 2**50)), "text of"),
        (header(keys=3, extra=text("x") + struct.pack("<IIQ", 9, 4, 2**50)), "array of"),
        (header(keys=3, extra=text("x") + struct.pack("<IIQ", 9, 9, 1)), "arrays within"),
        (header(keys=3, extra=text("x") + struct.pack("<I", 77)), "unknown type"),
    ],
)
def test_a_hostile_gguf_header_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(gguf.BadGguf, match=words):
        gguf.read(data, len(data) + 10_000)


def test_a_gguf_header_that_goes_on_asks_for_more() -> None:
    for length in (0, 3, 20, 40, 90):
        with pytest.raises(gguf.Short):
            gguf.read(header()[:length], 10_000)


LONG = "the quick brown fox jumps over the lazy dog and then sleeps in the sun"


def test_runs_of_words_are_found_whatever_the_punctuation() -> None:
    index = Index()
    index.add(("b", "1"), {"question": LONG, "answer": "sun"})
    index.add(("b", "2"), {"question": "What is the capital of Mibavo?"})
    index.add(("b", "3"), {"question": "2 + 2?"})
    assert index.items == {("b", "1"), ("b", "2")}
    index.look("Said: The QUICK, brown fox jumps over the lazy cat")
    assert index.hits == {("b", "1")}
    assert not index.long_hits
    index.look_all(['{"text": "x. what is the capital of mibavo y"}', LONG, '{"broken'])
    assert (index.hits, index.long_hits) == ({("b", "1"), ("b", "2")}, {("b", "1")})


def test_seven_words_of_a_long_item_are_chance() -> None:
    index = Index()
    index.add(("b", "1"), LONG)
    index.look("quick brown fox jumps over the lazy")
    assert not index.hits
