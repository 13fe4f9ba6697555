"""The statements of actions/rank.py, in the order in which they run. Read that first.

Temporary tables: ranking_columns (the board's), ranking_chosen (variant -> checkpoint), ranking_scores
(row x column), ranking_rows (averages and ranks), ranking_intervals, ranking_parents.
"""

DROP = """
DROP TABLE IF EXISTS ranking_columns, ranking_chosen, ranking_scores, ranking_rows,
    ranking_intervals, ranking_parents
"""

COLUMNS = """
CREATE TEMPORARY TABLE ranking_columns (
    id bigint, recipe_id bigint, metric text, weight float8, sign integer, floor float8, best float8
) ON COMMIT DROP
"""

# Measured under most recipes first only as far as "all of them": between two incomplete ones, the newest.
CHOSEN = """
CREATE TEMPORARY TABLE ranking_chosen ON COMMIT DROP AS
WITH wanted AS (SELECT count(*) AS n FROM ranking_columns),
measured AS (
    SELECT score.checkpoint_digest AS digest, count(*) AS n
    FROM evaluations_score score
    JOIN ranking_columns c ON c.recipe_id = score.recipe_id AND c.metric = score.metric
    GROUP BY score.checkpoint_digest
)
SELECT DISTINCT ON (checkpoint.variant_id)
    checkpoint.variant_id, checkpoint.id AS checkpoint_id, checkpoint.digest,
    wanted.n - measured.n AS missing
FROM measured
JOIN hub_checkpoint checkpoint ON checkpoint.digest = measured.digest
JOIN hub_modelvariant variant ON variant.id = checkpoint.variant_id AND variant.state = 'published'
CROSS JOIN wanted
ORDER BY checkpoint.variant_id, (measured.n = wanted.n) DESC,
    checkpoint.created_at DESC, checkpoint.id DESC
"""

SCORES = """
CREATE TEMPORARY TABLE ranking_scores ON COMMIT DROP AS
SELECT chosen.variant_id, c.id AS column_id, score.value, score.stderr, score.n, score.run_id
FROM ranking_chosen chosen
JOIN evaluations_score score ON score.checkpoint_digest = chosen.digest
JOIN ranking_columns c ON c.recipe_id = score.recipe_id AND c.metric = score.metric
"""

# Median 0, best 100. All the same: the worst stands in for the median, then any span will do.
ANCHOR_TO_BOARD = """
UPDATE ranking_columns c
SET floor = spread.median,
    best = spread.median + coalesce(
        nullif(spread.best - spread.median, 0), nullif(spread.best - spread.worst, 0), c.sign
    )
FROM (
    SELECT s.column_id,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY s.value) AS median,
        CASE WHEN o.sign > 0 THEN max(s.value) ELSE min(s.value) END AS best,
        CASE WHEN o.sign > 0 THEN min(s.value) ELSE max(s.value) END AS worst
    FROM ranking_scores s JOIN ranking_columns o ON o.id = s.column_id AND o.floor IS NULL
    GROUP BY s.column_id, o.sign
) spread
WHERE spread.column_id = c.id
"""

# Summed in one order and rounded, so that equal scores give equal averages: ties must be ties.
ROWS = """
CREATE TEMPORARY TABLE ranking_rows ON COMMIT DROP AS
WITH totals AS (SELECT nullif(sum(weight), 0) AS weight FROM ranking_columns),
normal AS (
    SELECT s.*, c.weight, 100 * (s.value - c.floor) / (c.best - c.floor) AS normalised,
        abs(100 * s.stderr / (c.best - c.floor)) AS spread
    FROM ranking_scores s JOIN ranking_columns c ON c.id = s.column_id
),
summed AS (
    SELECT variant_id,
        round((sum(n.weight * normalised ORDER BY column_id) / totals.weight)::numeric, 9)::float8
            AS average,
        CASE WHEN bool_and(spread IS NOT NULL OR n.weight = 0)
            THEN sqrt(sum((n.weight * spread) ^ 2 ORDER BY column_id)) / totals.weight END AS stderr,
        jsonb_object_agg(column_id::text, jsonb_build_object(
            'value', value, 'stderr', n.stderr, 'n', n.n, 'normalised', normalised,
            'spread', spread, 'run', run_id
        )) AS values
    FROM normal n CROSS JOIN totals GROUP BY variant_id, totals.weight
),
judged AS (
    SELECT chosen.*, summed.values,
        CASE WHEN %(ranks)s AND chosen.missing = 0 THEN summed.average END AS average,
        CASE WHEN %(ranks)s AND chosen.missing = 0 THEN summed.stderr END AS stderr
    FROM ranking_chosen chosen JOIN summed USING (variant_id)
)
SELECT judged.*,
    CASE WHEN average IS NOT NULL
        THEN rank() OVER (ORDER BY average DESC NULLS LAST) END AS rank
FROM judged
"""

# Each row gives a low and a high end. Going down from the top, the lows passed before a high belong to
# those who are surely better; going up, the highs passed before a low to those surely worse.
INTERVALS = """
CREATE TEMPORARY TABLE ranking_intervals ON COMMIT DROP AS
WITH known AS (
    SELECT variant_id, stderr, average - 1.959963984540054 * coalesce(stderr, 0) AS low,
        average + 1.959963984540054 * coalesce(stderr, 0) AS high
    FROM ranking_rows WHERE average IS NOT NULL
),
ends AS (
    SELECT variant_id, stderr, low AS at, 1 AS is_low FROM known
    UNION ALL SELECT variant_id, stderr, high, 0 FROM known
),
passed AS (
    SELECT variant_id, stderr, is_low,
        sum(is_low) OVER (ORDER BY at DESC, is_low ROWS UNBOUNDED PRECEDING) AS lows_above,
        sum(1 - is_low) OVER (ORDER BY at, is_low DESC ROWS UNBOUNDED PRECEDING) AS highs_below
    FROM ends
)
SELECT variant_id, 1 + max(lows_above) FILTER (WHERE is_low = 0) AS rank_low,
    (SELECT count(*) FROM known) - max(highs_below) FILTER (WHERE is_low = 1) AS rank_high
FROM passed WHERE stderr IS NOT NULL GROUP BY variant_id
"""

# The first parent that is a model, by name; linked where the catalogue has it.
PARENTS = """
CREATE TEMPORARY TABLE ranking_parents ON COMMIT DROP AS
SELECT DISTINCT ON (edge.child_id) edge.child_id AS variant_id, edge.parent_id,
    coalesce(parent.owner || '/' || parent.name, edge.parent_name) AS parent_name
FROM hub_lineageedge edge
JOIN ranking_rows r ON r.variant_id = edge.child_id
LEFT JOIN hub_modelvariant parent ON parent.id = edge.parent_id
WHERE edge.parent_dataset_id IS NULL AND NOT edge.relation = ANY(%(data)s)
ORDER BY edge.child_id, edge.id
"""

REMOVE = """
WITH gone AS (
    SELECT id FROM evaluations_standing s WHERE s.board_id = %(board)s
    AND NOT EXISTS (SELECT 1 FROM ranking_rows r WHERE r.variant_id = s.variant_id)
), cells AS (
    DELETE FROM evaluations_cell WHERE standing_id IN (SELECT id FROM gone)
)
DELETE FROM evaluations_standing WHERE id IN (SELECT id FROM gone)
"""

_COPIED = (
    "checkpoint_id", "rank", "rank_low", "rank_high", "average", "stderr", "place", "values", "missing",
    "delta", "delta_stderr", "owner", "name", "licence", "relation", "parent_name", "parameters",
)  # fmt: skip
_COLUMNS = ", ".join(f'"{name}"' for name in _COPIED)

# In rank order, so that rows that are read together lie together.
# Only the names above are put together.
STANDINGS = f"""
INSERT INTO evaluations_standing AS s (board_id, variant_id, updated_at, {_COLUMNS})
SELECT %(board)s, r.variant_id, now(), r.checkpoint_id, r.rank, i.rank_low, i.rank_high,
    r.average, r.stderr, coalesce(-r.average, 'infinity'), r.values, r.missing,
    r.average - pr.average, sqrt(r.stderr ^ 2 + pr.stderr ^ 2),
    variant.owner, variant.name, variant.licence, variant.relation, coalesce(p.parent_name, ''),
    variant.parameters
FROM ranking_rows r
JOIN hub_modelvariant variant ON variant.id = r.variant_id
LEFT JOIN ranking_intervals i ON i.variant_id = r.variant_id
LEFT JOIN ranking_parents p ON p.variant_id = r.variant_id
LEFT JOIN ranking_rows pr ON pr.variant_id = p.parent_id
ORDER BY r.average DESC NULLS LAST, r.variant_id
ON CONFLICT (board_id, variant_id) DO UPDATE
SET updated_at = excluded.updated_at, {", ".join(f'"{n}" = excluded."{n}"' for n in _COPIED)}
WHERE ({", ".join(f's."{name}"' for name in _COPIED)})
    IS DISTINCT FROM ({", ".join(f'excluded."{name}"' for name in _COPIED)})
"""  # noqa: S608 no value of anybody's is in it

# A missing score has a cell too (null), so that even the rows that sort last are found by the index.
CELLS = """
INSERT INTO evaluations_cell AS cell (standing_id, column_id, value, key)
SELECT standing.id, c.id, s.value, s.value * c.sign
FROM evaluations_standing standing
CROSS JOIN ranking_columns c
LEFT JOIN ranking_scores s ON s.variant_id = standing.variant_id AND s.column_id = c.id
WHERE standing.board_id = %(board)s
ORDER BY standing.id
ON CONFLICT (standing_id, column_id) DO UPDATE SET value = excluded.value, key = excluded.key
WHERE cell.value IS DISTINCT FROM excluded.value OR cell.key IS DISTINCT FROM excluded.key
"""

_CHOICE = """
SELECT {name}, count(*) FROM evaluations_standing
WHERE board_id = %(board)s AND {name} <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(most)s
"""
CHOICES = {name: _CHOICE.format(name=name) for name in ("licence", "relation", "owner")}

# low and high span the interval bars: the middle 98 %, so that one outlier does not flatten the rest.
SPANS = """
SELECT c.id::text,
    percentile_cont(0.01) WITHIN GROUP (ORDER BY s.value - 2 * coalesce(s.stderr, 0)),
    percentile_cont(0.99) WITHIN GROUP (ORDER BY s.value + 2 * coalesce(s.stderr, 0)),
    CASE WHEN c.sign > 0 THEN max(s.value) ELSE min(s.value) END,
    c.floor, c.best
FROM ranking_scores s JOIN ranking_columns c ON c.id = s.column_id GROUP BY c.id, c.sign, c.floor, c.best
UNION ALL
SELECT 'average', percentile_cont(0.01) WITHIN GROUP (ORDER BY average - 2 * coalesce(stderr, 0)),
    percentile_cont(0.99) WITHIN GROUP (ORDER BY average + 2 * coalesce(stderr, 0)),
    max(average), NULL, NULL
FROM ranking_rows WHERE average IS NOT NULL HAVING count(*) > 0
"""

# The Pareto front (nobody smaller or equal in size is better) always, the best of the rest to fill up.
CHART = """
WITH points AS (
    SELECT parameters, average, stderr, owner || '/' || name AS name,
        average > coalesce(max(average) OVER (
            ORDER BY parameters, average DESC, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), '-infinity') AS front
    FROM evaluations_standing
    WHERE board_id = %(board)s AND average IS NOT NULL AND parameters > 0
), kept AS (
    SELECT * FROM points ORDER BY front DESC, average DESC LIMIT %(most)s
)
SELECT * FROM kept ORDER BY parameters, average DESC
"""

MARK_OUTDATED = """
UPDATE evaluations_board SET stale_since = statement_timestamp()
WHERE stale_since IS NULL AND id IN (
    SELECT s.board_id FROM evaluations_standing s
    JOIN hub_modelvariant v ON v.id = s.variant_id
    WHERE v.state <> 'published'
        OR (v.owner, v.name, v.licence, v.relation, v.parameters)
        IS DISTINCT FROM (s.owner, s.name, s.licence, s.relation, s.parameters)
)
"""
