"""One aggregate a dataset and merge: its profile and its gates, in each engine's SQL.

Both are written here, not translated: what is asked differs by engine only in how distinct values
are counted. Spark's `count(DISTINCT)` of several columns would multiply the records by the columns;
a set of hashes doesn't.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dataplatform.plans.model import AuditSql, Gate
from dataplatform.quality.profile import Figure, Measure
from dataplatform.render.spark_text import name as spark_name
from dataplatform.render.typed import quoted as duckdb_name

_SAME: Mapping[str, str] = {
    Figure.ROWS: "count(*)",
    Figure.HELD: "count({c})",
    Figure.MEAN: "avg(CAST({c} AS DOUBLE))",
    Figure.SPREAD: "stddev_pop(CAST({c} AS DOUBLE))",
}
_SPARK_DISTINCT = "size(collect_set({h})) * {sample}"
_SPARK_HASH = (
    "IF({c} IS NOT NULL AND pmod(xxhash64({c}), {sample}) = 0, xxhash64({c}), NULL) AS {h}"
)
"""Below the aggregate: what its sets are given Spark would interpret, record by record."""
_DUCKDB_DISTINCT = (
    "count(DISTINCT hash({c})) FILTER (WHERE {c} IS NOT NULL AND hash({c}) % {sample} = 0)"
    " * {sample}"
)


def audit_sql(measures: Sequence[Measure], gates: Sequence[Gate]) -> AuditSql | None:
    """Both engines' SELECT of one row; None where nothing is asked.

    They read {records}; {sample} is `quality.profile.sample_of` the batch's records.
    """
    if not measures:
        return None
    return AuditSql(
        measures=tuple(measures),
        spark=_select(
            measures,
            {gate.name: gate.spark for gate in gates},
            _SPARK_DISTINCT,
            spark_name,
            _hashed(measures),
        ),
        duckdb=_select(
            measures,
            {gate.name: gate.duckdb for gate in gates},
            _DUCKDB_DISTINCT,
            duckdb_name,
            "{records}",
        ),
    )


def _select(
    measures: Sequence[Measure],
    gates: Mapping[str, str],
    distinct: str,
    quote: Callable[[str], str],
    source: str,
) -> str:
    items = []
    for number, measure in enumerate(measures):
        if measure.figure == Figure.GATE:
            sql = f"({gates[measure.of]})"
        else:
            pattern = distinct if measure.figure == Figure.DISTINCT else _SAME[measure.figure]
            sql = pattern.replace("{c}", quote(measure.of))
            sql = sql.replace("{h}", quote(_hash_of(measure)))
        items.append(f"{sql} AS m{number}")
    return "SELECT\n  " + ",\n  ".join(items) + f"\nFROM {source}"


def _hashed(measures: Sequence[Measure]) -> str:
    """The records for Spark, with a hash beside each value whose distinct ones are counted."""
    hashes = [
        _SPARK_HASH.replace("{c}", spark_name(m.of)).replace("{h}", spark_name(_hash_of(m)))
        for m in measures
        if m.figure == Figure.DISTINCT
    ]
    return f"(SELECT {', '.join(['*', *hashes])} FROM {{records}})" if hashes else "{records}"


def _hash_of(measure: Measure) -> str:
    """No contract's column begins with an underscore."""
    return f"_hash_{measure.of}"
