"""A view of bronze in which columns that came late have the values that lie in `_extra`."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import Final

import pyarrow.parquet as pq

from dataplatform.adapters.late_columns import filled
from dataplatform.duckdb_engine.engine import Engine, translated
from dataplatform.duckdb_engine.sql import literal, quoted
from dataplatform.naming import BronzeColumn
from dataplatform.plans.model import SilverPlan

_EXTRA: Final = BronzeColumn.EXTRA.value

log = logging.getLogger("weir.late_columns")


def lay_filled(engine: Engine, plan: SilverPlan, source: str, name: str) -> None:
    """Lay the view `name` over the view `source`, of bronze's rows.

    Usually no field of `_extra` is a column, which DuckDB finds by itself, and the view is
    `source`. Only the rows that have one are read by Python, and wait in a file.

    Raises:
        TooLarge: memory and disk were full before it was done.
    """
    late = _late(engine, plan, source)
    if not late:
        _lay(engine, name, f"SELECT * FROM {source}")
        return
    log.info("%s: %s lie in _extra of some rows", plan.dataset, ", ".join(late))
    names = ", ".join(map(literal, late))
    has_one = f"coalesce(list_has_any(json_keys({_EXTRA}), [{names}]), false)"
    path = engine.directory / f"{name}_filled.parquet"
    with translated(), ExitStack() as stack:
        writer: pq.ParquetWriter | None = None
        for found in engine.batches(f"SELECT * FROM {source} WHERE {has_one}"):
            rows = filled(found, plan)
            writer = writer or stack.enter_context(pq.ParquetWriter(path, rows.schema))
            writer.write_batch(rows)
    _lay(
        engine,
        name,
        f"SELECT * FROM {source} WHERE NOT {has_one} "
        f"UNION ALL BY NAME SELECT * FROM read_parquet({literal(str(path))})",
    )


def _late(engine: Engine, plan: SilverPlan, source: str) -> list[str]:
    """Fields in `_extra` that are columns now, by the source's names."""
    known = ", ".join(map(literal, plan.fields))
    found = engine.rows(
        f"SELECT DISTINCT field FROM (SELECT unnest(json_keys({_EXTRA})) AS field FROM {source} "
        f"WHERE {_EXTRA} IS NOT NULL) WHERE field IN ({known})"
    )
    return sorted(field for (field,) in found)


def _lay(engine: Engine, name: str, sql: str) -> None:
    engine.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {sql}")
