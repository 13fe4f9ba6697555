"""Which blobs of the store the database names, in whatever table: found by looking at the models.

A table that is added later counts without anybody thinking of it here.
"""

from collections.abc import Collection, Iterator

from django.apps import apps
from django.db import connection
from django.db.models import CharField, Field, JSONField, Model
from psycopg.sql import SQL, Identifier

OURS = frozenset({"hub", "evaluations", "contributions"})
SHA256_LENGTH = 64
PROSE = frozenset({"TextField", "ArrayField"})
IS_ONE = SQL("SELECT DISTINCT {column} FROM {table} WHERE {column} = ANY(%s)")
HOLDS_ONE = SQL(
    "SELECT DISTINCT found[1] FROM {table}, "
    "regexp_matches({column}::text, '[0-9a-f]{{64}}', 'g') AS found WHERE found[1] = ANY(%s)"
)


def named(
    digests: Collection[str], *, leaving_out: Collection[str] = (), also_prose: bool = False
) -> set[str]:
    """Those of `digests` that some row names. `leaving_out` are columns, as `hub.Checkpoint.files`.

    Reads every row of those columns once: seconds in a large database, not for a page. `also_prose`
    reads arrays and text as well.
    """
    found: set[str] = set()
    wanted = sorted(digests)
    for label, model, field in _columns(also_prose=also_prose):
        if wanted and label not in leaving_out:
            found |= _named_in(model, field, wanted)
    return found


def _columns(*, also_prose: bool) -> Iterator[tuple[str, type[Model], "Field[object, object]"]]:
    for model in apps.get_models():
        if model._meta.app_label not in OURS:
            continue
        for field in model._meta.local_concrete_fields:
            kind = field.get_internal_type()
            short = isinstance(field, CharField) and (field.max_length or 0) >= SHA256_LENGTH
            if short or isinstance(field, JSONField) or (also_prose and kind in PROSE):
                yield f"{model._meta.label}.{field.name}", model, field


def _named_in(model: type[Model], field: "Field[object, object]", wanted: list[str]) -> set[str]:
    names = {
        "table": Identifier(model._meta.db_table),
        "column": Identifier(field.column or field.name),
    }
    exact = isinstance(field, CharField) and field.max_length == SHA256_LENGTH
    sql = (IS_ONE if exact else HOLDS_ONE).format(**names)
    with connection.cursor() as cursor:
        cursor.execute(sql, [wanted])
        return {row[0] for row in cursor.fetchall()}
