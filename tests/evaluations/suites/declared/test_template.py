"""A template substitutes, and there is nothing else that it can do."""

import pytest

from evaluations.suites.declared.template import (
    LONGEST_TEMPLATE,
    LONGEST_TEXT,
    BadTemplate,
    BadValue,
    parse,
)

ROW = {
    "question": "What is 2 + 2?",
    "answer": 1,
    "choices": ["three", "four"],
    "meta": {"topic": {"name": "sums"}},
    "nothing": None,
    "really": True,
}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Question: {{question}}\nAnswer:", "Question: What is 2 + 2?\nAnswer:"),
        ("{{ answer }}", "1"),
        ("{{ answer | letter }}", "B"),
        ("{{ choices | lettered }}", "A. three\nB. four"),
        ("{{ choices | numbered }}", "1. three\n2. four"),
        ("{{ choices|commas|upper }}", "THREE, FOUR"),
        ("{{ meta.topic.name | upper }}", "SUMS"),
        # LaTeX has braces of its own.
        (r"\boxed{{{ answer }}} \frac{1}{{ answer }}", r"\boxed{1} \frac{1}1"),
    ],
)
def test_fields_and_filters_are_put_in(source: str, text: str) -> None:
    assert parse(source).render(ROW) == text


@pytest.mark.parametrize(
    "source",
    [
        "{% for x in range(1000000000) %}x{% endfor %}",
        "{% set x = 'a' * 3000000000 %}",
        "{# a comment #}",
        "{{ range(10 ** 9) | list }}",
        "{{ 'a' * 3000000000 }}",
        "{{ question.__class__ }}",
        "{{ question.__class__.__mro__[1].__subclasses__() }}",
        "{{ question['__class__'] }}",
        "{{ self._TemplateReference__context }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ '{0.__class__}'.format(question) }}",
        "{{ question | format(answer) }}",
        "{{ question | attr('__class__') }}",
        "{{ question | map('upper') }}",
        "{{ question() }}",
        "{{ question if answer else 1 }}",
        "{{ question ~ answer }}",
        "{{ 7 * 7 }}",
        "{{ a.b.c.d.e }}",
        "{{ question",
        "{{ question\n| upper }}",
        "{{ question | upper | upper | upper | upper | upper }}",
        "{{ question | eval }}",
        "{{}}",
    ],
)
def test_everything_else_is_refused_before_any_row_is_seen(source: str) -> None:
    with pytest.raises(BadTemplate):
        parse(source)


def test_format_strings_and_dollar_signs_are_plain_text() -> None:
    source = "{question} {0.__class__} %(question)s ${question} %s {{answer}}"
    assert parse(source).render(ROW) == source.replace("{{answer}}", "1")


def test_what_a_row_says_is_never_read_as_a_template() -> None:
    row = {"question": "{{ question }}{{ question }}{% for %}"}
    assert parse("{{ question }}!").render(row) == "{{ question }}{{ question }}{% for %}!"


def test_names_are_looked_up_in_the_row_and_nowhere_else() -> None:
    for source in (
        "{{ keys }}",
        "{{ question.upper }}",
        "{{ meta.items }}",
        "{{ choices.append }}",
    ):
        with pytest.raises(BadValue, match="it has no field"):
            parse(source).render(ROW)


@pytest.mark.parametrize("name", ["choices", "meta", "nothing", "really"])
def test_what_is_no_text_is_refused_by_name(name: str) -> None:
    with pytest.raises(BadValue, match=name):
        parse("{{ " + name + " }}").render(ROW)


def test_a_text_grows_no_longer_than_its_bound() -> None:
    source = "{{ question }}" * 100
    with pytest.raises(BadValue, match="characters"):
        parse(source).render({"question": "a" * (LONGEST_TEXT // 50)})
    with pytest.raises(BadTemplate, match="placeholders"):
        parse("{{ question }}" * 101)
    with pytest.raises(BadTemplate, match="characters"):
        parse("a" * (LONGEST_TEMPLATE + 1))


def test_the_parser_does_not_look_back() -> None:
    """Half-open placeholders by the thousand are refused in one pass over them."""
    for source in ("{{ a" * 5000, "{{" + " " * 19_000, "{{ a" + " | strip" * 2400):
        with pytest.raises(BadTemplate):
            parse(source)
