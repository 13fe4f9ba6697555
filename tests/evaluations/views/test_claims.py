"""Claims beside measurements: on the variant's page, on their own, in lists; nowhere in the ranks."""

import itertools

import pytest
from django.test import Client

from evaluations.actions.open_dispute import open_dispute
from evaluations.actions.rank import rank_board
from evaluations.models import Standing
from hub.models import CardRevision, User
from tests.evaluations.claiming import aime, make_claim, make_record
from tests.factories import (
    make_benchmark_version,
    make_board,
    make_checkpoint,
    make_recipe,
    make_score,
    make_variant,
)
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db


def page_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().replace("\N{NO-BREAK SPACE}", " ").split())


def test_nine_claims_stand_beside_the_measurement_each_with_who_and_how_far(
    client: Client, ann: User
) -> None:
    variant, _ = make_record(ann)
    recipe = make_recipe(aime().versions.get())
    make_score(make_checkpoint(variant), recipe, 0.521, stderr=0.06)
    page = page_of(client, variant.get_absolute_url())
    section = page.split('id="claims"')[1].split("</section>")[0]
    assert "The hub did not measure these" in section
    assert "52.1 ±6.0" in section
    for value in ("55.5", "50.8", "51.3", "43.3", "50.0", "60.0", "57.3"):
        assert f">{value}</a>" in section
    # 55.5 against 52.1 ±6.0, 43.3 likewise
    assert "+3.4" in section
    assert "−8.8" in section
    assert "within the interval" in section
    assert "2 earlier numbers" in section
    assert "deepseek-ai" in section
    assert "Evalchemy" not in section.split("</table>")[0]


def test_a_claim_of_another_metric_is_not_compared(client: Client) -> None:
    variant = make_variant()
    recipe = make_recipe(make_benchmark_version("sums"))
    make_score(make_checkpoint(variant), recipe, 0.5, stderr=0.01)
    make_claim(variant, benchmark="sums", metric="cons@64", value=83.3)
    page = page_of(client, variant.get_absolute_url())
    assert "not comparable" in page.split('id="claims"')[1]
    assert "+33.3" not in page


def test_a_relayed_number_is_held_against_its_source(client: Client) -> None:
    """The slip of April 2025: open-r1 wrote 41.7 for DeepSeek's 50.4."""
    variant = make_variant("deepseek-ai/DeepSeek-R1-Distill-Llama-8B")
    own = "https://github.com/deepseek-ai/DeepSeek-R1"
    make_claim(variant, benchmark="AIME 2024", value=50.4, reporter="deepseek-ai", source=own)
    relayed = make_claim(
        variant,
        benchmark="AIME 2024",
        value=41.7,
        reporter="huggingface/open-r1",
        role="relayed",
        source="https://github.com/huggingface/open-r1",
        first_reported=own,
    )
    assert "deepseek-ai says 50.4 %" in page_of(client, variant.get_absolute_url())
    assert "its source says something else" in page_of(client, relayed.get_absolute_url())


def test_no_board_rank_delta_or_average_reads_a_claim(client: Client) -> None:
    recipe = make_recipe(make_benchmark_version("sums"))
    board = make_board("small", [recipe])
    first, second = make_variant("river/first"), make_variant("river/second")
    for variant, value in ((first, 0.6), (second, 0.5)):
        make_score(make_checkpoint(variant), recipe, value)
    rank_board(board)
    fields = ("variant__name", "rank", "average", "stderr", "delta", "values", "missing")
    before = list(Standing.objects.order_by("pk").values_list(*fields))
    board_page = page_of(client, board.get_absolute_url())
    make_claim(second, benchmark="sums", value=99.0, unit="percent")
    make_claim(make_variant("river/claimed-only"), benchmark="sums", value=99.5)
    rank_board(board, force=True)
    assert list(Standing.objects.order_by("pk").values_list(*fields)) == before
    after = page_of(client, board.get_absolute_url())
    assert "claimed-only" not in after
    assert "99" not in after.split("<tbody>")[1].split("</tbody>")[0]
    assert board_page.split("<tbody>")[1].split("</tbody>")[0] in after
    scores = client.get("/api/v1/scores/").json()["results"]
    assert sorted(score["value"] for score in scores) == [0.5, 0.6]


def test_the_card_s_numbers_are_offered_until_they_are_claims(client: Client, ann: User) -> None:
    variant = make_variant("river/brook")
    metrics = [{"type": "acc", "value": 71.5}, {"type": "acc_norm", "value": "n/a"}]
    result = {"dataset": {"type": "sums", "name": "Sums"}, "metrics": metrics}
    CardRevision.objects.create(
        variant=variant,
        number=1,
        published_by=ann,
        metadata={"model-index": [{"name": "brook", "results": [result]}]},
    )
    page = page_of(client, variant.get_absolute_url())
    assert "Its card reports 1 number that is not here." in page
    assert "/submit/report-score/?variant=river/brook&amp;from=card" in page
    make_claim(variant, benchmark="Sums", value=71.5)
    assert "Its card reports" not in page_of(client, variant.get_absolute_url())


def test_a_claim_s_page_says_everything_and_where_from(client: Client, ann: User) -> None:
    _, claims = make_record(ann)
    page = page_of(client, claims[3].get_absolute_url())
    for words in (
        "50.8",
        "reproduced by a third party",
        "31 May 2025",
        "lighteval",
        "#reproducing",
    ):
        assert words in page
    assert "contributions/7/" in page
    assert "55.5" in page
    first = page_of(client, claims[1].get_absolute_url())
    assert "Superseded" in first


def test_a_disputed_claim_says_so_wherever_it_stands(client: Client, ann: User) -> None:
    variant = make_variant("river/brook")
    make_benchmark_version("sums")
    claim = make_claim(variant, benchmark="sums")
    open_dispute(
        actor=ann, number=9, reason="score", summary="It is 17.5.", entry=variant, claim=claim
    )
    for path in (variant.get_absolute_url(), claim.get_absolute_url(), "/claims/"):
        page = page_of(client, path)
        assert "isputed" in page
        assert "/contributions/9/" in page
    # It is about the claim alone: the variant itself is not disputed.
    assert 'id="disputes"' not in page_of(client, variant.get_absolute_url())


def test_a_benchmark_lists_what_is_claimed_on_it(client: Client) -> None:
    make_benchmark_version("sums")
    make_claim(make_variant("river/brook"), benchmark="sums")
    page = page_of(client, "/benchmarks/sums/")
    assert "Reported elsewhere" in page
    assert "river / </span>brook" in page


def test_the_list_narrows_by_variant_benchmark_role_and_reporter(client: Client) -> None:
    make_benchmark_version("sums")
    make_claim(make_variant("river/brook"), benchmark="sums")
    make_claim(
        make_variant("river/lake"), benchmark="Prose", role="community", reporter="a passer-by"
    )
    for query in ("variant=river/brook", "benchmark=sums", "role=self_reported", "reporter=River"):
        page = page_of(client, f"/claims/?{query}")
        assert "</span>brook" in page, query
        assert "</span>lake" not in page, query
    assert "No claim has all of that" in page_of(client, "/claims/?benchmark=nothing")


def test_pages_of_claims_ask_a_constant_number_of_queries(client: Client, ann: User) -> None:
    variant, claims = make_record(ann)
    make_score(make_checkpoint(variant), make_recipe(aime().versions.get()), 0.5)

    people = itertools.count()

    def more() -> None:
        for number in itertools.islice(people, 12):
            make_claim(variant, benchmark="AIME 2024", reporter=f"person {number}")
            make_claim(make_variant(), benchmark="AIME 2024")

    for path in (variant.get_absolute_url(), claims[0].get_absolute_url(), "/claims/"):
        assert_constant_queries(lambda path=path: client.get(path), more)  # type: ignore[misc]
    assert_constant_queries(lambda: client.get("/benchmarks/aime24/"), more)
    assert_constant_queries(lambda: client.get("/api/v1/claims/"), more)
