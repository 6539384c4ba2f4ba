"""A dataset's rules in Glue's Data Quality Definition Language, to ask them of a table in AWS.

What DQDL has a word for is said in it; all else is CustomSql with the condition that Spark checks
by, so that Glue counts what the platform counts.
https://docs.aws.amazon.com/glue/latest/dg/dqdl.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from sqlglot import exp, parse_one

from dataplatform.plans.model import Check, Column, Gate
from dataplatform.quality.model import Operator, Severity
from dataplatform.render.spark_checks import broken_by
from dataplatform.render.spark_text import name

_MAX_TEXT: Final = 65_536
"""Characters that Glue takes of a ruleset."""

_ROOM: Final = 200
_ONE_SIDED: Final = {
    Operator.BE: "=",
    Operator.NOT_BE: "!=",
    Operator.BE_GREATER_THAN: ">",
    Operator.BE_GREATER_OR_EQUAL_TO: ">=",
    Operator.BE_LESS_THAN: "<",
    Operator.BE_LESS_OR_EQUAL_TO: "<=",
}
_SPECIAL: Final = re.compile(r"""([\\"'\r\n])""")
_COUNT: Final = "count(*)"


def ruleset(
    columns: Sequence[Column],
    key: Sequence[str],
    checks: Sequence[Check],
    gates: Sequence[Gate],
    own: Sequence[str],
) -> str:
    """The text of a ruleset; "" where there is nothing to ask.

    Args:
        key: the primary key; empty for none.
        own: rules that the contract itself has in DQDL.
    """
    known = {column.name: column for column in columns}
    # Of what is in nested columns DQDL knows nothing.
    checks = [check for check in checks if check.column in known]
    errors = [_check(known[c.column], c) for c in checks if c.severity == Severity.ERROR]
    warnings = [_check(known[c.column], c) for c in checks if c.severity == Severity.WARNING]
    primary = ["IsPrimaryKey " + " ".join(f'"{column}"' for column in key)] if key else []
    return _text(
        [
            ("Each record", primary + errors),
            ("Warnings: records that break these pass", warnings),
            ("Of a batch: over the whole table, counts of records differ", map(_gate, gates)),
            ("The contract's own", own),
        ]
    )


def _text(parts: Iterable[tuple[str, Iterable[str]]]) -> str:
    """Rules with a comment above each kind; what a ruleset has no room for is counted."""
    lines: list[str] = []
    length = left_out = 0
    for comment, rules in parts:
        for number, rule in enumerate(rules):
            given = [] if number else [f"    # {comment}"]
            given.append(f"    {rule},")
            size = sum(len(line) + 1 for line in given)
            if length + size > _MAX_TEXT - _ROOM:
                left_out += 1
                continue
            length += size
            lines += given
    if not lines:
        return ""
    lines[-1] = lines[-1].removesuffix(",")
    if left_out:
        lines.append(f"    # {left_out} more have no room here; the platform asks them all")
    return "Rules = [\n" + "\n".join(lines) + "\n]"


def _check(column: Column, check: Check) -> str:
    if check.kind == "required":
        return f'IsComplete "{column.name}"'
    broken = broken_by(column, check.kind, check.arguments, name(column.name))
    return f'CustomSql "{_plain(f"SELECT count(*) FROM primary WHERE {broken}")}" = 0'


def _gate(gate: Gate) -> str:
    figure = "RowCount"
    if gate.spark != _COUNT:
        asked = gate.spark.replace("{records}", "primary")
        source = "" if gate.is_query else " FROM primary"
        figure = f'CustomSql "{_plain(f"SELECT {asked}{source}")}"'
    if gate.operator == Operator.BE_BETWEEN:  # DQDL's own leaves both ends out
        low, high = gate.bounds
        return f"({figure} >= {low}) and ({figure} <= {high})"
    if gate.operator == Operator.NOT_BE_BETWEEN:
        low, high = gate.bounds
        return f"({figure} < {low}) or ({figure} > {high})"
    return f"{figure} {_ONE_SIDED[Operator(gate.operator)]} {gate.bounds[0]}"


def _plain(spark_sql: str) -> str:
    """The SQL on one line, without quotes or backslashes inside its texts, which end DQDL's own."""
    query = parse_one(spark_sql, dialect="spark")
    for text in [found for found in query.find_all(exp.Literal) if found.is_string]:
        if _SPECIAL.search(text.this):
            text.replace(_spelled(text.this))
    return query.sql(dialect="spark", comments=False)


def _spelled(text: str) -> exp.Expr:
    """`it's` as concat('it', chr(39), 's')."""
    parts = [part for part in _SPECIAL.split(text) if part]
    return exp.Anonymous(
        this="concat",
        expressions=[
            exp.Anonymous(this="chr", expressions=[exp.Literal.number(ord(part))])
            if _SPECIAL.fullmatch(part)
            else exp.Literal.string(part)
            for part in parts
        ],
    )
