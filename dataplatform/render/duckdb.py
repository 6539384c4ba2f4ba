"""Spark SQL as DuckDB SQL, translated once, at synth; nothing at run time imports sqlglot."""

from __future__ import annotations

import re

from sqlglot import ErrorLevel, exp, parse_one

from dataplatform.plans import sql_names
from dataplatform.plans.model import SilverSql

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_STAND_IN = re.compile(r'"?weir_stand_in_([a-z_]+)"?')
_WRITTEN_BRACE = "\\u007B"
_BRACE = "\ue000"
_TABLE = re.compile('"\ue001([^"\ue001]+)\ue001"')


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
    )


def to_duckdb(spark_sql: str) -> str:
    """A rendered Spark statement for DuckDB; its `{placeholders}` stay.

    Casts that give NULL in Spark give NULL in DuckDB: they become TRY_CAST.

    Raises:
        UnsupportedError: something in it has no counterpart.
    """
    text = _PLACEHOLDER.sub(r"weir_stand_in_\1", spark_sql.replace(_WRITTEN_BRACE, _BRACE))
    found = query_to_duckdb(parse_one(text, dialect="spark"))
    # A brace in a literal is put together, so that `fill` takes it for no placeholder here either.
    return _STAND_IN.sub(r"{\1}", found).replace(_BRACE, "' || CHR(123) || '")


def model_to_duckdb(query: exp.Query, *, changed: str) -> str:
    """A gold model's SELECT for DuckDB; see `GoldSql`.

    Args:
        changed: the table that is written {changed}, as `silver.sales`; "" for none.

    Raises:
        UnsupportedError: something in it has no counterpart.
    """

    def place(table: exp.Table) -> str:
        name = f"{table.db}.{table.name}"
        return "changed" if name == changed else name

    copied = query.copy()
    for table in sql_names.tables(copied):
        stand_in = exp.to_identifier(f"\ue001{place(table)}\ue001", quoted=True)
        table.set("alias", exp.TableAlias(this=exp.to_identifier(table.alias or table.name)))
        table.set("this", stand_in)
        table.set("db", None)
    return _TABLE.sub(r"{\1}", query_to_duckdb(copied))


def query_to_duckdb(query: exp.Expr) -> str:
    """A parsed Spark query as DuckDB SQL.

    Raises:
        UnsupportedError: something in it has no counterpart.
    """
    return query.sql(
        dialect="duckdb", pretty=True, comments=False, unsupported_level=ErrorLevel.RAISE
    )
