import re

from django.test import Client

from contributions.citation import bibtex, escape
from tests.factories import make_checkpoint, make_dataset, make_user, make_variant


def test_a_variant_is_cited_with_its_people_and_its_bytes(db: None) -> None:
    variant = make_variant("deepseek-ai/R1_Distill")
    checkpoint = make_checkpoint(variant)
    ann = make_user("ann", first_name="Ann", last_name="O'Brook")
    text = bibtex(variant, contributors=[ann], url="https://hub.example/v/", checkpoint=checkpoint)
    assert text.startswith(f"@misc{{deepseek-ai-r1-distill-{variant.created_at:%Y},\n")
    assert r"title = {{deepseek-ai/R1\_Distill}}," in text
    assert "author = {{deepseek-ai} and {Ann O'Brook}}," in text
    assert f"commit {checkpoint.commit}" in text
    assert "url = {https://hub.example/v/}," in text


def test_nothing_in_a_name_can_break_out_of_its_field(db: None) -> None:
    mallory = make_user("mallory", first_name=r"} evil = {\input{x} % &")
    text = bibtex(make_dataset(), contributors=[mallory], url="https://hub.example/}{")
    plain = re.sub(r"\\[{}]", "", text)
    assert plain.count("{") == plain.count("}")
    assert r"\textbackslash\{\}input\{x\}" not in text
    assert "evil" in text.split("author = ")[1].splitlines()[0]
    assert "\\input" not in text


def test_signs_that_tex_reads_otherwise_are_escaped() -> None:
    assert escape("50% of A&B_c #1 $x ~ ^") == (
        r"50\% of A\&B\_c \#1 \$x \textasciitilde{} \textasciicircum{}"
    )


def test_the_citation_is_a_file(client: Client, db: None) -> None:
    variant = make_variant()
    answer = client.get(f"{variant.get_absolute_url()}cite.bib")
    assert answer["Content-Type"].startswith("application/x-bibtex")
    assert answer.content.decode().startswith("@misc{")
    assert client.get("/variants/no/body/cite.bib").status_code == 404
