"""Spark SQL as DuckDB SQL, translated once, at synth; nothing at run time imports sqlglot.

A dataset's silver step is Weir's own SQL, so sqlglot translates it, and what DuckDB does otherwise
is mended here, part by part. A model's SQL is anybody's: see `translation.query`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from sqlglot import ErrorLevel, exp, parse_one

from dataplatform.naming import RowPlace
from dataplatform.plans.model import Check, Column, SilverSql
from dataplatform.plans.sql_names import Schema
from dataplatform.render.nested import decoded
from dataplatform.render.nested_dialects import DuckdbDialect, SparkDialect
from dataplatform.render.parts import duckdb_part
from dataplatform.render.patterns import for_duckdb
from dataplatform.render.spark import EACH_NEWEST
from dataplatform.render.spark_checks import raw_name, read_name, shown, source_name
from dataplatform.render.spark_formats import cast_as, is_read
from dataplatform.render.spark_text import name
from dataplatform.render.spark_types import digits
from dataplatform.render.translation.query import QueryTranslator, Relation
from dataplatform.render.typed import quoted, type_name

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_STAND_IN = re.compile(r'"?weir_stand_in_([a-z_]+)"?')
_WRITTEN_BRACE = "\\u007B"
_BRACE = "\ue000"
_FOUND, _COLUMN, _PART = "weir_found", "weir_column", "weir_part_"
_PARTS = re.compile(rf"\bb\.{_PART}(\d+)\b")
_FAST_DIGITS = 18  # a decimal of more is cast from text a hundred times as slowly
_SET_BACK = (180, 120, 60, 30, 20)
"""Minutes that clocks have been set back by since 1970."""
_MANTISSA = 3  # digits before the point in 912e-3, for which DuckDB needs room


def silver_to_duckdb(
    spark: SilverSql,
    columns: Sequence[Column] = (),
    checks: Sequence[Check] = (),
    key: Sequence[str] = (),
) -> SilverSql:
    """A dataset's silver step for DuckDB, which merges by rewriting files and so needs no MERGE.

    What is classified has the place of silver's row beside it: `{silver}` tells places, too.

    Args:
        columns: what repeats for each of them is translated once: it is most of a wide step's SQL.
        checks: of their values.
        key: what identifies a record: `SilverPlan.key`.

    Raises:
        UnsupportedError: something in it has no counterpart.
    """
    places = ", ".join(f"s.{name(place)}" for place in RowPlace)
    return SilverSql(
        typed=_typed(spark.typed, columns, checks),
        newest=to_duckdb(spark.newest),
        classified=to_duckdb(spark.classified.replace(EACH_NEWEST, f"{EACH_NEWEST}, {places}", 1)),
        merge="",
        backfilled=to_duckdb(spark.backfilled),
        part=duckdb_part(columns, key),
    )


def _typed(spark_sql: str, columns: Sequence[Column], checks: Sequence[Check]) -> str:
    """`SilverSql.typed`, with stand-ins for what repeats while the rest is translated.

    What decodes a nested column is put together anew, as lists and structs are each engine's own.
    """
    parts: list[str] = []
    for column in columns:
        for written, part in _repeated(column, checks):
            if written in spark_sql:
                spark_sql = spark_sql.replace(written, f"b.{_PART}{len(parts)}")
                parts.append(part)
    return _PARTS.sub(lambda match: parts[int(match[1])], to_duckdb(spark_sql))


def _repeated(column: Column, checks: Sequence[Check]) -> Iterator[tuple[str, str]]:
    """What of a column's SQL is translated apart, in both."""
    raw, source = raw_name(column), f"b.{name(column.name)}"
    if column.type == "string":
        return
    if column.parts:
        written = decoded(column, checks, source, SparkDialect())
        duckdb = DuckdbDialect(expression_to_duckdb)
        yield written, decoded(column, checks, f"b.{quoted(column.name)}", duckdb)
    else:
        part = _part(column.type, "" if is_read(column.format) else column.format, column.zone)
        held = read_name(column) if is_read(column.format) else column.name
        written = cast_as(source_name(column), column.type, column.format, column.zone)
        yield written, part.replace(f"b.{_COLUMN}", f"b.{quoted(held)}")
    yield shown(f"b.{name(raw)}"), _part("").replace(f"b.{_COLUMN}", f"b.{quoted(raw)}")


@cache
def _part(kind: str, format: str = "", zone: str = "") -> str:
    """A column's cast to a type, or with "" what reasons show of it, in DuckDB's SQL."""
    column = f"b.{_COLUMN}"
    found = expression_to_duckdb(cast_as(column, kind, format, zone) if kind else shown(column))
    return _shortened(column, kind, found)


def _shortened(column: str, kind: str, whole: str) -> str:
    """A cast with a short cut for text that is just what DuckDB writes of its value.

    Such text every rule of the cast takes, for that value. To write the value costs half of what
    a pattern costs to match; the cast's own rules are left for other text.
    """
    parts = digits(kind)
    if kind != "date" and (parts is None or parts[0] > _FAST_DIGITS):
        return whole  # integers have it of the cast itself
    value = f"TRY_CAST({column} AS {type_name(kind)})"
    same = f"CAST({value} AS TEXT) = {column}"
    if kind == "date":  # but not a year of five digits, or one before the first
        same += f" AND LENGTH({column}) = {len('2026-11-21')}"
    return f"CASE WHEN {same} THEN {value} ELSE {whole} END"


def to_duckdb(spark_sql: str) -> str:
    """A rendered Spark statement for DuckDB; its `{placeholders}` stay.

    Casts that give NULL in Spark give NULL in DuckDB: they become TRY_CAST.

    Raises:
        UnsupportedError: something in it has no counterpart.
    """
    text = _PLACEHOLDER.sub(r"weir_stand_in_\1", spark_sql.replace(_WRITTEN_BRACE, _BRACE))
    query = parse_one(text, dialect="spark")
    _mend(query)
    found = query.sql(
        dialect="duckdb",
        pretty=True,
        comments=False,
        unsupported_level=ErrorLevel.RAISE,
        copy=False,  # nobody else has it
    )
    # A brace in a literal is put together, so that `fill` takes it for no placeholder here either.
    return _STAND_IN.sub(r"{\1}", found).replace(_BRACE, "' || CHR(123) || '")


def expression_to_duckdb(spark_sql: str) -> str:
    """One rendered expression; see `to_duckdb`."""
    found = to_duckdb(f"SELECT {spark_sql} AS {_FOUND}")
    return found.removeprefix("SELECT").removesuffix(f"AS {_FOUND}").strip()


def model_to_duckdb(query: exp.Expr, schema: Schema, *, changed: str) -> Relation:
    """A gold model's SELECT, its columns qualified; see `GoldSql`.

    Args:
        changed: the table that is written {changed}: silver.sales; "" for none.

    Raises:
        Untranslatable: both engines don't answer alike, or aren't known to.
    """

    def place(table: exp.Table) -> str:
        name = f"{table.db}.{table.name}"
        return "{changed}" if name == changed else f"{{{name}}}"

    return QueryTranslator(schema, place).translate(query)


def live_to_duckdb(query: exp.Expr, schema: Schema) -> str:
    """A live model's SELECT, its columns qualified, over tables of their own names.

    Raises:
        Untranslatable: as for gold: the same SQL means the same everywhere.
    """
    return QueryTranslator(schema, lambda t: f"{t.db}.{t.name}").translate(query).sql


def _mend(query: exp.Expr) -> None:
    """Change what sqlglot passes through although DuckDB means something else by it."""
    for choice in list(query.find_all(exp.If)):
        if choice.this.find(exp.CurrentTimezone):  # a short cut of Spark's
            choice.replace(choice.args["false"])
    for like in query.find_all(exp.RegexpLike):
        like.set("expression", exp.Literal.string(for_duckdb(like.expression.this)))
    _mend_moments(query)
    for node in list(query.find_all(exp.Cast)):
        if node.to.this == exp.DataType.Type.DOUBLE and _is_from_text(node.this):
            node.set("this", _by_text(node.this))
    for node in list(query.find_all(exp.Cast)):
        if _is_from_text(node):
            node.replace(_decimal(node))


def _mend_moments(query: exp.Expr) -> None:
    for local in list(query.find_all(exp.FromTimeZone)):
        local.replace(_in_zone(local))
    for call in query.find_all(exp.Anonymous):
        if call.name.lower() == "timestamp_micros":
            call.set("this", "make_timestamptz")


def _in_zone(node: exp.Expr) -> exp.Expr:
    """A moment's clock in UTC as that of a zone. Of an hour that the zone's clock shows twice
    DuckDB takes the second one, Java the first.
    """
    zone = node.args["zone"].sql(dialect="duckdb")
    clock = f"timezone('UTC', {node.this.this.sql(dialect='duckdb')})"
    whens = " ".join(
        f"WHEN timezone({zone}, t - INTERVAL {minutes} MINUTE) = timezone({zone}, t) "
        f"THEN t - INTERVAL {minutes} MINUTE"
        for minutes in _SET_BACK
    )
    moment = f"timezone({zone}, {clock})"
    found = f"list_transform([{moment}], lambda t: CASE {whens} ELSE t END)[1]"
    return parse_one(found, dialect="duckdb")


def _is_from_text(node: exp.Expr) -> bool:
    """Whether a node casts a column to a decimal; in a silver step that column is text."""
    return (
        isinstance(node, exp.Cast)
        and isinstance(node.this, exp.Column)
        and node.to.this == exp.DataType.Type.DECIMAL
    )


def _parts(node: exp.Expr) -> tuple[int, int]:
    precision, scale = (int(part.name) for part in node.args["to"].expressions)
    return precision, scale


def _by_text(node: exp.Expr) -> exp.Expr:
    """A wide decimal on its way to a double: DuckDB puts two halves together, or divides, and so
    rounds twice.
    """
    return exp.cast(node.copy(), "TEXT", dialect="duckdb")


def _decimal(node: exp.Expr) -> exp.Expr:
    """Text to a decimal, as fast as can be; `912e-3` too, where nothing is before the point."""
    precision, scale = _parts(node)
    text = node.this.sql(dialect="duckdb")
    target = f"DECIMAL({precision}, {scale})"
    sql = f"TRY_CAST({text} AS {target})"
    if precision - scale < _MANTISSA:
        wide = f"DECIMAL({scale + _MANTISSA}, {scale})"
        sql = f"TRY_CAST(TRY_CAST({text} AS {wide}) AS {target})"
    elif precision > _FAST_DIGITS and not scale:
        sql = f"TRY_CAST(TRY_CAST({text} AS HUGEINT) AS {target})"
    if precision > _FAST_DIGITS and 0 < scale <= _FAST_DIGITS - _MANTISSA:
        short = f"TRY_CAST({text} AS DECIMAL({_FAST_DIGITS}, {scale}))"
        sql = f"COALESCE(CAST({short} AS {target}), {sql})"
    return parse_one(sql, dialect="duckdb")
