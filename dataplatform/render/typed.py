"""What DuckDB SQL is put together from: expressions with their Spark types, names and literals."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

NULL = "null"
"""Type of the literal NULL, which fits every other."""

_NAMES = {
    "boolean": "BOOLEAN",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
}


@dataclass(frozen=True)
class Typed:
    """An expression in DuckDB SQL and its type, which is the same in Spark (`Column.type`).

    `digits`: of a whole number written in the SQL, how many it has; Spark gives such a number the
    narrowest decimal type where it meets a decimal.
    """

    sql: str
    type: str
    digits: int = 0


class Untranslatable(Exception):
    """Spark SQL that DuckDB can't be made to answer alike.

    Attributes:
        node: where it stands.
        found, expected: in words.
    """

    def __init__(self, node: exp.Expr, found: str, expected: str) -> None:
        super().__init__(f"{found}; expected {expected}")
        self.node = node
        self.found = found
        self.expected = expected


def type_name(kind: str) -> str:
    """DuckDB's name of a type."""
    return _NAMES.get(kind) or kind.upper()


def quoted(name: str) -> str:
    """An identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A string literal; `plans.model.fill` takes no `{word}` in it for a placeholder."""
    parts = [f"'{part}'" for part in value.replace("'", "''").split("{")]
    return parts[0] if len(parts) == 1 else f"({' || chr(123) || '.join(parts)})"


def cast(value: Typed, kind: str) -> Typed:
    """The value as a type that holds all its values."""
    if value.type == kind:
        return value
    return Typed(f"CAST({value.sql} AS {type_name(kind)})", kind)


def only(node: exp.Expr, known: set[str]) -> None:
    """Refuse a clause that isn't understood rather than leave it out."""
    for key, value in node.args.items():
        if value and key not in known:
            inner = value[0] if isinstance(value, list) else value
            at = inner if isinstance(inner, exp.Expr) else node
            word = key.strip("_").replace("_", " ").upper()
            if isinstance(value, list) and isinstance(inner, exp.Expr):
                word = inner.key.upper()  # one of them: LATERAL, not LATERALS
            raise Untranslatable(at, word, f"a {node.key.upper()} without it")
