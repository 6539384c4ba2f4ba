"""Gold models: SQL files to `GoldModel`s, in an order that can be built."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from sqlglot import exp

from dataplatform.compiler.additive import check_additive, combined
from dataplatform.compiler.figures import ungrouped
from dataplatform.compiler.gold_columns import columns_of, header_columns
from dataplatform.compiler.incremental import check_incremental
from dataplatform.errors import Problem
from dataplatform.naming import CATALOG, ENGINES, Names, SilverColumn, Zone
from dataplatform.plans import sql_names
from dataplatform.plans.model import Column, GoldModel, GoldSql, SilverPlan
from dataplatform.plans.sql_fields import name_fields
from dataplatform.plans.sql_file import SqlFile, line_around, read
from dataplatform.plans.sql_types import qualified
from dataplatform.render.duckdb import model_to_duckdb
from dataplatform.render.redshift import warehouse_sql
from dataplatform.render.translation.spark import for_both
from dataplatform.render.typed import Untranslatable
from dataplatform.suggestions import did_you_mean

_KEYS = ("description", "key", "incremental", "partition", "engine")
_NEEDED = ("key",)
_CHANGED = "weir_changed_rows"
_SILVER, _GOLD = f"{Zone.SILVER}.", f"{Zone.GOLD}."
_SYSTEM_TYPES = {
    SilverColumn.CHECKSUM: "string",
    SilverColumn.POSITION: "bigint",
    SilverColumn.BATCH_ID: "string",
    SilverColumn.SEQUENCE: "bigint",
    SilverColumn.LOADED_AT: "timestamp",
}
_NO_SQL = GoldSql(sql="", full_sql="")
_Schema = dict[str, dict[str, dict[str, Column]]]


@dataclass(frozen=True)
class _Parsed:
    model: SqlFile
    query: exp.Query
    datasets: tuple[str, ...]
    models: tuple[str, ...]


def gold_models(
    root: Path, datasets: Sequence[SilverPlan], names: Names
) -> tuple[tuple[GoldModel, ...], list[Problem]]:
    """Compile every `models/<domain>/gold/*.sql`; also every problem found."""
    files = [read(p, root, _KEYS, _NEEDED) for p in sorted(root.glob("models/*/gold/*.sql"))]
    _same_names(files)
    parsed = {file.name: found for file in files if (found := _parse(file))}
    order, cycle = _order(parsed)
    schema: _Schema = {
        "silver": {plan.dataset: _silver_columns(plan) for plan in datasets},
        "gold": {},
    }
    built: dict[str, GoldModel] = {}
    broken = {file.name for file in files} - parsed.keys()
    for name in order:
        item = parsed[name]
        if broken & set(item.models):
            broken.add(name)  # its problem is the other model's
            continue
        model = None
        with item.model.bounded():
            model = _compile(item, schema, built, names)
        if model is None:
            broken.add(name)
        else:
            built[name] = model
            schema["gold"][name] = {column.name: column for column in model.columns}
    problems = [problem for file in files for problem in file.problems]
    return tuple(built.values()), problems + cycle


def _parse(file: SqlFile) -> _Parsed | None:
    query = file.query("spark") if file.text else None
    if query is None:
        return None
    found = sql_names.tables(query)
    return _Parsed(
        file,
        query,
        tuple(sorted({table.name for table in found if table.db == Zone.SILVER})),
        tuple(sorted({table.name for table in found if table.db == Zone.GOLD})),
    )


def _order(parsed: dict[str, _Parsed]) -> tuple[list[str], list[Problem]]:
    """Models after those that they read; alphabetical where that leaves a choice."""
    sorter = TopologicalSorter(
        {name: [m for m in item.models if m in parsed] for name, item in parsed.items()}
    )
    try:
        sorter.prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        first = parsed[cycle[0]].model
        problem = Problem(
            file=first.file,
            line=None,
            field="FROM",
            found=" -> ".join(cycle),
            expected="models that don't read each other in a circle",
        )
        return [], [problem]
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return order, []


def _compile(
    item: _Parsed,
    schema: _Schema,
    built: dict[str, GoldModel],
    names: Names,
) -> GoldModel | None:
    file, query = item.model, item.query
    if not sql_names.check_tables(file, query, schema):
        return None
    name_fields(query, schema)
    if not sql_names.check_columns(file, query, schema):
        return None
    columns = columns_of(file, query, schema)
    key = header_columns(file, "key", columns)
    partition_by = header_columns(file, "partition", columns)
    changed = _changed(item, key, schema)
    update = query
    if changed.startswith(_GOLD) and not file.problems:
        update = combined(query, file.name, columns, key)
    engine = _engine(file)
    duckdb = _NO_SQL
    if engine != "spark" and not file.problems:
        duckdb = _duckdb(file, query, update, changed, columns, schema)
    if file.problems:
        return None
    columns = tuple(replace(column, required=column.name in key) for column in columns)
    sql = _sql(query, names, changed="")
    inherited = {dataset for model in item.models for dataset in built[model].datasets}
    return GoldModel(
        name=file.name,
        domain=file.domain,
        table=names.table(Zone.GOLD, file.name),
        digest=_digest(sql, columns, key, partition_by, [built[m].digest for m in item.models]),
        columns=columns,
        key=key,
        datasets=tuple(sorted({*item.datasets, *inherited})),
        models=item.models,
        incremental=changed.removeprefix(_SILVER),
        partition_by=partition_by,
        sql=_sql(update, names, changed=changed),
        full_sql=sql,
        duckdb=duckdb,
        engine=engine,
        warehouse=warehouse_sql(file.name, columns, key, partition_by),
    )


def _changed(item: _Parsed, key: tuple[str, ...], schema: _Schema) -> str:
    """The table whose changed rows suffice: `silver.sales`, `gold.fact_sales`, "" for none."""
    name = item.model.header.get("incremental", "")
    if not name:
        return ""
    if name in item.models and name not in item.datasets:
        check_additive(item.model, item.query, name, key, schema)
        return f"{_GOLD}{name}"
    check_incremental(item.model, item.query, name, item.datasets)
    return f"{_SILVER}{name}"


def _sql(query: exp.Query, names: Names, *, changed: str) -> str:
    def place(table: exp.Table) -> str:
        if f"{table.db}.{table.name}" == changed:
            return _CHANGED
        return f"{CATALOG}.{names.table(Zone(table.db), table.name)}"

    placed = sql_names.rewrite(for_both(query), place)
    text = placed.sql(dialect="spark", pretty=True, comments=False)
    return text.replace(_CHANGED, "{changed}")


def _engine(file: SqlFile) -> str:
    engine = file.header.get("engine", "auto")
    if engine not in ENGINES:
        line = file.header_lines["engine"]
        expected = f"one of {', '.join(ENGINES)}"
        file.add(line, "engine", f'"{engine}"', expected, did_you_mean(engine, ENGINES))
    return engine


def _duckdb(
    file: SqlFile,
    query: exp.Query,
    update: exp.Query,
    changed: str,
    columns: tuple[Column, ...],
    schema: _Schema,
) -> GoldSql:
    """The model for DuckDB; a problem for what wouldn't give the same rows as Spark.

    Args:
        update: what brings a table that stands up to date, where only `changed` has new rows.
    """
    known = {**schema, "gold": {**schema["gold"], file.name: {c.name: c for c in columns}}}
    whole = qualified(query, schema)
    try:
        found = model_to_duckdb(qualified(update, known), known, changed=changed)
        full = model_to_duckdb(whole, schema, changed="")
    except Untranslatable as error:
        remedy = "Or write `-- engine: spark`: then Spark alone builds it, whatever its size."
        file.add(line_around(error.node), "(sql)", error.found, error.expected, remedy)
        return _NO_SQL
    if alone := ungrouped(whole):
        expected = "a column of GROUP BY, or one inside an aggregate"
        file.add(line_around(alone), alone.name, f'"{alone.name}" beside aggregates', expected)
    for column in columns:
        kinds = {relation.columns[column.name] for relation in (found, full)}
        if kinds != {column.type}:
            found_kinds = ", ".join(sorted({*kinds, column.type}))
            file.add(None, column.name, found_kinds, f"CAST(... AS {column.type.upper()})")
    return GoldSql(sql=found.sql, full_sql=full.sql)


def _digest(*meaning: object) -> str:
    """Changes with what the table holds: its SQL, types and keys, and those of models below it."""
    return hashlib.sha256(repr(meaning).encode()).hexdigest()


def _silver_columns(plan: SilverPlan) -> dict[str, Column]:
    return {column.name: column for column in plan.columns} | {
        column.value: Column(name=column.value, type=kind) for column, kind in _SYSTEM_TYPES.items()
    }


def _same_names(files: list[SqlFile]) -> None:
    first: dict[str, SqlFile] = {}
    for file in files:
        other = first.setdefault(file.name, file)
        if other is not file:
            file.add(None, "(file name)", f"{file.name}, as {other.file}", "a name of its own")
