"""One standing as the API and the exports show it, made by PostgreSQL: a page of them costs Python nothing.

The serializers of api/boards.py say the same in the schema.
"""

FACTS = """
    'rank', s.rank, 'rank_low', s.rank_low, 'rank_high', s.rank_high,
    'variant', s.owner || '/' || s.name, 'checkpoint', s.checkpoint_id,
    'average', s.average, 'stderr', s.stderr, 'scores', json_build_object({scores}),
    'parent', NULLIF(s.parent_name, ''), 'delta', s.delta, 'delta_stderr', s.delta_stderr,
    'relation', s.relation, 'licence', s.licence, 'parameters', s.parameters,
    'disputes', COALESCE((
        SELECT json_agg(json_build_object(
            'contribution', d.number, 'state', d.state, 'reason', d.reason
        ) ORDER BY d.number)
        FROM evaluations_dispute d
        WHERE d.variant_id = s.variant_id AND d.state IN ('open', 'upheld') AND d.claim_id IS NULL
    ), '[]'::json),
    'origin', (
        SELECT CASE
            WHEN v.origin_state IN ('gone', 'replaced') THEN v.origin_state
            WHEN v.origin_commit NOT IN ('', c.commit) AND v.origin_digest <> c.digest
                THEN 'newer_commit'
        END
        FROM hub_checkpoint c JOIN hub_modelvariant v ON v.id = c.variant_id
        WHERE c.id = s.checkpoint_id
    )
"""
SCORE = """
    %s::text, CASE WHEN s."values" ? '{id}' THEN json_build_object(
        'value', s."values"->'{id}'->'{value}', 'stderr', s."values"->'{id}'->'{stderr}',
        'n', s."values"->'{id}'->'n', 'run', s."values"->'{id}'->'run'
    ) END
"""


def standing_json(columns: list[tuple[int, str]], *, raw: bool) -> tuple[str, list[str]]:
    """An SQL expression over a row of evaluations_standing (text), and its parameters.

    `columns` pairs each column's id with its key. A score is in the metric's unit, or normalised.
    """
    value, stderr = ("value", "stderr") if raw else ("normalised", "spread")
    scores = [SCORE.format(id=int(id_), value=value, stderr=stderr) for id_, _ in columns]
    facts = FACTS.format(scores=",".join(scores)).replace("s.", "evaluations_standing.")
    return f"json_build_object({facts})::text", [key for _, key in columns]
