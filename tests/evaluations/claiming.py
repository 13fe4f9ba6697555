"""Claims as tests make them, and the record of one model that people really disagree about."""

from dataclasses import replace
from datetime import date
from typing import Any

from evaluations.actions.add_claim import ClaimFacts, add_claim
from evaluations.models import Benchmark, Claim
from hub.models import ModelVariant, User
from tests.factories import make_benchmark_version, make_user, make_variant

NAME = "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"
OPEN_R1 = "https://github.com/huggingface/open-r1/blob"
TABLE = "vLLM bf16, max_new_tokens 32768, T=0.6 top_p=0.95, chat template"
DEEPSEEK = ClaimFacts(
    benchmark="AIME 2024",
    metric="pass@1",
    value=55.5,
    unit="percent",
    reporter="deepseek-ai",
    role="self_reported",
    protocol="max generation 32768 tokens, T=0.6 top_p=0.95, 64 responses a question",
    source="https://github.com/deepseek-ai/DeepSeek-R1/blob/0cf78561f1d5/README.md",
)


def reproduced(value: float, day: date | None, source: str, **facts: Any) -> ClaimFacts:
    told = {"reporter": "huggingface/open-r1", "harness": "lighteval", "protocol": TABLE, **facts}
    return replace(DEEPSEEK, value=value, role="reproduced", reported_on=day, source=source, **told)


# What the public record holds of this model on AIME 2024: nine numbers, 43.3 to 60.0.
RECORD = (
    DEEPSEEK,
    reproduced(56.6, date(2025, 2, 22), f"{OPEN_R1}/eeca246/README.md"),
    reproduced(52.2, date(2025, 4, 8), f"{OPEN_R1}/bf08f56/README.md"),
    reproduced(50.8, date(2025, 5, 31), f"{OPEN_R1}/1416fa0/README.md#reproducing", n=64),
    reproduced(51.3, None, f"{OPEN_R1}/1416fa0/README.md#sft-distillation", protocol=""),
    reproduced(
        43.3, None, "https://huggingface.co/open-r1/OpenR1-Qwen-7B", reporter="open-r1", protocol=""
    ),
    replace(
        DEEPSEEK,
        value=50.0,
        role="community",
        reporter="an issue's author",
        source="https://github.com/huggingface/open-r1/issues/97",
        reported_on=date(2025, 1, 28),
        protocol="lighteval (early)",
    ),
    reproduced(
        60.0,
        None,
        "https://huggingface.co/open-thoughts/OpenThinker-7B",
        reporter="open-thoughts",
        harness="Evalchemy",
        metric="acc",
        protocol="OpenThinker-7B's card",
    ),
    reproduced(
        57.3,
        None,
        "https://huggingface.co/open-thoughts/OpenThinker2-7B",
        reporter="open-thoughts",
        harness="Evalchemy",
        metric="acc",
        protocol="OpenThinker2-7B's card",
    ),
)


def make_claim(variant: ModelVariant | None = None, **facts: Any) -> Claim:
    """A claim about `variant`: 71.5 percent, by its makers."""
    told = {
        "benchmark": "Sums",
        "value": 71.5,
        "unit": "percent",
        "reporter": "river",
        "role": "self_reported",
        "source": "https://example.org/card",
        "metric": "",
        **facts,
    }
    actor = told.pop("actor", None) or User.objects.first() or make_user()
    number = told.pop("number", 1)
    return add_claim(
        actor=actor, variant=variant or make_variant(), facts=ClaimFacts(**told), number=number
    )


def make_record(actor: User) -> tuple[ModelVariant, list[Claim]]:
    """The variant, and the nine claims in the order of RECORD."""
    aime()
    variant = make_variant(NAME)
    return variant, [
        add_claim(actor=actor, variant=variant, facts=facts, number=7) for facts in RECORD
    ]


def aime() -> Benchmark:
    if known := Benchmark.objects.filter(slug="aime24").first():
        return known
    benchmark = make_benchmark_version("aime24", chance=None, metric="exact_match").benchmark
    benchmark.name = "AIME 2024"
    benchmark.save()
    return benchmark
