"""Spark SQL as DuckDB SQL, translated once, at synth; nothing at run time imports sqlglot."""

from __future__ import annotations

import re

from sqlglot import ErrorLevel, exp, parse_one

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_STAND_IN = re.compile(r'"?weir_stand_in_([a-z_]+)"?')
_WRITTEN_BRACE = "\\u007B"
_BRACE = "\ue000"


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


def query_to_duckdb(query: exp.Expr) -> str:
    """A parsed Spark query as DuckDB SQL.

    Raises:
        UnsupportedError: something in it has no counterpart.
    """
    return query.sql(
        dialect="duckdb", pretty=True, comments=False, unsupported_level=ErrorLevel.RAISE
    )
