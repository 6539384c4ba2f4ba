"""Spark SQL as DuckDB SQL, translated once, at synth; nothing at run time imports sqlglot.

A dataset's silver step is Weir's own SQL, so sqlglot translates it, and what DuckDB does otherwise
is mended here, part by part. A model's SQL is anybody's: see `duckdb_query`.
"""

from __future__ import annotations

import re

from sqlglot import ErrorLevel, exp, parse_one

from dataplatform.plans.model import SilverSql
from dataplatform.plans.sql_names import Schema
from dataplatform.render.duckdb_query import QueryTranslator, Relation
from dataplatform.render.patterns import for_duckdb

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_STAND_IN = re.compile(r'"?weir_stand_in_([a-z_]+)"?')
_WRITTEN_BRACE = "\\u007B"
_BRACE = "\ue000"
_FOUND = "weir_found"
_FAST_DIGITS = 18  # a decimal of more is cast from text a hundred times as slowly
_MANTISSA = 3  # digits before the point in 912e-3, for which DuckDB needs room
_EXACT_DIGITS = 15  # a decimal of more is divided on its way to a double, which rounds again


def silver_to_duckdb(spark: SilverSql) -> SilverSql:
    """A dataset's silver step for DuckDB, which merges by rewriting files and so needs no MERGE.

    Raises:
        UnsupportedError: something in it has no counterpart.
    """
    return SilverSql(
        typed=to_duckdb(spark.typed),
        newest=to_duckdb(spark.newest),
        classified=to_duckdb(spark.classified),
        merge="",
        rederived=to_duckdb(spark.rederived),
    )


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
        dialect="duckdb", pretty=True, comments=False, unsupported_level=ErrorLevel.RAISE
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
    for cast in list(query.find_all(exp.Cast)):
        if cast.to.this == exp.DataType.Type.DOUBLE and _is_from_text(cast.this):
            cast.set("this", _by_text(cast.this))
    for cast in list(query.find_all(exp.Cast)):
        if _is_from_text(cast):
            cast.replace(_decimal(cast))
    for kept in list(query.find_all(exp.ArrayFilter)):
        kept.replace(_only_where_any(kept))


def _is_from_text(node: exp.Expr) -> bool:
    """Whether a node casts a column to a decimal; in a silver step that column is text."""
    return (
        isinstance(node, exp.Cast)
        and isinstance(node.this, exp.Column)
        and node.to.this == exp.DataType.Type.DECIMAL
    )


def _parts(cast: exp.Expr) -> tuple[int, int]:
    precision, scale = (int(part.name) for part in cast.args["to"].expressions)
    return precision, scale


def _by_text(cast: exp.Expr) -> exp.Expr:
    """A decimal on its way to a double: DuckDB divides, and so rounds twice, where it has many
    digits.
    """
    precision, scale = _parts(cast)
    exact = precision <= _EXACT_DIGITS or not scale
    return cast if exact else exp.cast(cast.copy(), "TEXT", dialect="duckdb")


def _decimal(cast: exp.Expr) -> exp.Expr:
    """Text to a decimal, as fast as can be; `912e-3` too, where nothing is before the point."""
    precision, scale = _parts(cast)
    text = cast.this.sql(dialect="duckdb")
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


def _only_where_any(kept: exp.Expr) -> exp.Expr:
    """Reasons are put together for the records that have one; most have none."""
    if not isinstance(kept.this, exp.Array):
        return kept
    whens = [branch for case in kept.this.find_all(exp.Case) for branch in case.args["ifs"]]
    own = [when.this.copy() for when in whens if when.find_ancestor(exp.Case).parent is kept.this]
    if not own:
        return kept
    none = parse_one("CAST([] AS TEXT[])", dialect="duckdb")
    return exp.Case().when(exp.or_(*own), kept.copy()).else_(none)
