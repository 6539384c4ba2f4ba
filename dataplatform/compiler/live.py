"""Live models: what `weir live` shows of a stream, compiled to the SQL that it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlglot import exp
from sqlglot.errors import OptimizeError

from dataplatform.errors import Problem
from dataplatform.naming import RECEIVED_AT
from dataplatform.plans import sql_names
from dataplatform.plans.model import STREAM, Column, GoldModel, LiveModel, SilverPlan
from dataplatform.plans.sql_fields import name_fields
from dataplatform.plans.sql_file import SqlFile, line_around, line_of, read
from dataplatform.plans.sql_types import qualified
from dataplatform.render.duckdb import live_to_duckdb
from dataplatform.render.typed import Untranslatable

_KEYS = ("title", "description")
_STREAM, _GOLD = "stream", "gold"
_Tables = Mapping[str, Mapping[str, Column]]


def live_models(
    root: Path, datasets: Sequence[SilverPlan], models: Sequence[GoldModel]
) -> tuple[tuple[LiveModel, ...], list[Problem]]:
    """Compile every `models/<domain>/live/*.sql`: Spark SQL, as gold's, over one stream and gold.

    A stream's table is `stream.<dataset>`: the contract's columns and `_received_at`.
    """
    schema: dict[str, _Tables] = {
        _STREAM: {plan.dataset: _columns(plan) for plan in datasets if plan.source.kind == STREAM},
        _GOLD: {model.name: {c.name: c for c in model.columns} for model in models},
    }
    found: list[LiveModel] = []
    problems: list[Problem] = []
    for path in sorted(root.glob("models/*/live/*.sql")):
        file = read(path, root, _KEYS, ("title",))
        model = None
        with file.bounded():
            model = _compile(file, schema)
        problems += file.problems
        if model is not None:
            found.append(model)
    return tuple(found), problems


def _columns(plan: SilverPlan) -> dict[str, Column]:
    received = Column(name=RECEIVED_AT, type="timestamp")
    return {column.name: column for column in (*plan.columns, received)}


def _compile(file: SqlFile, schema: Mapping[str, _Tables]) -> LiveModel | None:
    query = file.query("spark") if file.text else None
    if query is None or not sql_names.check_tables(file, query, schema):
        return None
    name_fields(query, schema)
    sql_names.check_columns(file, query, schema)
    _check_names(file, query)
    used = sql_names.tables(query)
    streams = sorted({table.name for table in used if table.db == _STREAM})
    if len(streams) != 1:
        read_now = ", ".join(streams) or "none"
        file.add(None, "FROM", f"{read_now} of stream.*", "one stream, as FROM stream.<dataset>")
    if file.problems:
        return None
    try:
        sql = live_to_duckdb(qualified(query, schema), schema)
    except OptimizeError as error:
        file.add(None, "(sql)", str(error), "columns that can be told apart")
        return None
    except Untranslatable as error:
        file.add(line_around(error.node), "(sql)", error.found, error.expected)
        return None
    return LiveModel(
        name=file.name,
        title=file.header["title"],
        stream=streams[0],
        gold=tuple(sorted({table.name for table in used if table.db == _GOLD})),
        sql=sql,
    )


def _check_names(file: SqlFile, query: exp.Query) -> None:
    """Each column of the SELECT has a name of its own: it heads a table, and is a key of JSON."""
    names: set[str] = set()
    for select in query.selects:
        name = select.output_name
        if not name:
            file.add(line_of(select), select.sql("spark"), "no name", "AS <name>")
        elif name in names:
            file.add(line_of(select), name, "a second column of this name", "each name once")
        names.add(name)
