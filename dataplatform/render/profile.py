"""One query a dataset and merge: its profile and its gates, in each engine's SQL.

Both are written here, not translated: what is asked differs by engine only in how distinct values
are counted, and Spark counts those beside the rest. Its `count(DISTINCT)` of several columns would
multiply the records by the columns; a set of hashes doesn't.
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
"""Below the aggregate, where Spark compiles it."""
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
        measures=tuple(measures), spark=_spark(measures, gates), duckdb=_duckdb(measures, gates)
    )


def _duckdb(measures: Sequence[Measure], gates: Sequence[Gate]) -> str:
    asked = {gate.name: gate.duckdb for gate in gates}
    items = [
        f"{_figure(measure, asked, _DUCKDB_DISTINCT, duckdb_name)} AS m{number}"
        for number, measure in enumerate(measures)
    ]
    return f"{_select(items)}\nFROM {{records}}"


def _spark(measures: Sequence[Measure], gates: Sequence[Gate]) -> str:
    """Two aggregates beside each other, of one row each.

    Beside a set Spark interprets all of an aggregate, record by record. Apart from the sets it
    compiles the other figures; and few records of a large batch have a value that the sets take.
    """
    asked = {gate.name: gate.spark for gate in gates}
    figures: dict[bool, list[str]] = {True: [], False: []}
    for number, measure in enumerate(measures):
        sql = _figure(measure, asked, _SPARK_DISTINCT, spark_name)
        figures[measure.figure == Figure.DISTINCT].append(f"{sql} AS m{number}")
    plain = f"{_select(figures[False])}\nFROM {{records}}"
    if not figures[True]:
        return plain
    distinct = [measure for measure in measures if measure.figure == Figure.DISTINCT]
    hashes = [
        _SPARK_HASH.replace("{c}", spark_name(m.of)).replace("{h}", spark_name(_hash_of(m)))
        for m in distinct
    ]
    held = " OR ".join(f"{spark_name(_hash_of(m))} IS NOT NULL" for m in distinct)
    sets = f"{_select(figures[True])}\nFROM ({_select(hashes)} FROM {{records}}) WHERE {held}"
    order = ", ".join(f"m{number}" for number in range(len(measures)))
    return f"SELECT {order} FROM (\n{plain})\nCROSS JOIN (\n{sets})"


def _figure(
    measure: Measure, gates: Mapping[str, str], distinct: str, quote: Callable[[str], str]
) -> str:
    if measure.figure == Figure.GATE:
        return f"({gates[measure.of]})"
    pattern = distinct if measure.figure == Figure.DISTINCT else _SAME[measure.figure]
    return pattern.replace("{c}", quote(measure.of)).replace("{h}", quote(_hash_of(measure)))


def _select(items: Sequence[str]) -> str:
    return "SELECT\n  " + ",\n  ".join(items)


def _hash_of(measure: Measure) -> str:
    """No contract's column begins with an underscore."""
    return f"_hash_{measure.of}"
