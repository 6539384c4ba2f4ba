"""A model's Spark SQL, written so that DuckDB can answer alike."""

from __future__ import annotations

from sqlglot import exp

from dataplatform.render.patterns import for_spark
from dataplatform.render.translation.letters import FINAL_SIGMA, SIGMA


def for_both(query: exp.Query) -> exp.Query:
    """A copy whose patterns are read as RE2 reads them, and whose LOWER writes each sigma alike."""
    copied = query.copy()
    for like in copied.find_all(exp.RegexpLike):
        if like.expression.is_string:
            like.set("expression", exp.Literal.string(for_spark(like.expression.this)))
    for lower in list(copied.find_all(exp.Lower)):
        old, new = (exp.Literal.string(letter) for letter in (FINAL_SIGMA, SIGMA))
        lower.replace(exp.Replace(this=lower.copy(), expression=old, replacement=new))
    return copied
