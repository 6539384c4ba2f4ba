"""What Redshift answers when it refuses: SQL errors inside a statement, API errors around one."""

from __future__ import annotations

import re
from typing import Final

import duckdb


class SqlError(Exception):
    """A statement fails with this message, which the Data API shows behind "ERROR: "."""


class NotEmulated(SqlError):
    """Redshift can do it, this emulator can't: the message names what."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not emulated here")


class ApiError(Exception):
    """An AWS error response."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(f"{code}: {message}")


def not_found(kind: str, name: str) -> ApiError:
    """A namespace, workgroup, statement… that doesn't exist."""
    return ApiError("ResourceNotFoundException", f"The {kind} {name} was not found.")


_PATTERNS: Final = (
    (r"CHECK\(+\"?strlen\"?\(.*?\) <= (\d+)\)", "value too long for type character varying({})"),
    (r"NOT NULL constraint failed: (?:\S+\.)?(\w+)", "Cannot insert a NULL value into column {}"),
    (r"(?:Table|View|Schema) with name (?:\w+\.)*(\S+) does", 'relation "{}" does not exist'),
    (r"Referenced column \"([^\"]+)", 'column "{}" does not exist'),
    (r"does not have a column named \"([^\"]+)", 'column "{}" does not exist'),
    (r"Function with name (\S+) does", "function {} does not exist"),
    (r"to (?:type )?DECIMAL|DECIMAL\(.*out of range", "Numeric data overflow"),
    (r"out of range", "Value out of range for its type"),
)
"""What DuckDB says, and how Redshift says it."""


def from_duckdb(error: duckdb.Error) -> SqlError:
    """Say in Redshift's words what DuckDB refused; unknown refusals keep DuckDB's first line."""
    text = str(error)
    if isinstance(error, duckdb.InterruptException):
        return SqlError("Query (0) cancelled on user's request")
    if isinstance(error, duckdb.TransactionException) or "onflict on" in text:
        return SqlError("1023 DETAIL: Serializable isolation violation on table in transaction")
    for pattern, message in _PATTERNS:
        if match := re.search(pattern, text):
            return SqlError(message.format(*(group.strip('"') for group in match.groups())))
    return SqlError(text.split("\n", 1)[0])
