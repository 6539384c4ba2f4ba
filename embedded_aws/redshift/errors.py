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


_LENGTH: Final = re.compile(r"CHECK\(+\"?strlen\"?\(.*?\) <= (\d+)\)")
_MISSING_TABLE: Final = re.compile(
    r"(?:Table|View|Schema) with name \"?(?:(\w+)\.)*(\w+)\"? does not exist"
)
_MISSING_COLUMN: Final = re.compile(
    r"(?:Referenced column \"|Table \".*\" does not have a column named \")([^\"]+)"
)
_MISSING_FUNCTION: Final = re.compile(r"(?:Scalar|Aggregate|Table)? ?Function with name (\S+) does")
_NOT_NULL: Final = re.compile(r"NOT NULL constraint failed: (?:\S+\.)?(\w+)")


def from_duckdb(error: duckdb.Error) -> SqlError:
    """Say in Redshift's words what DuckDB refused; unknown refusals keep DuckDB's first line."""
    text = str(error)
    if isinstance(error, duckdb.InterruptException):
        return SqlError("Query (0) cancelled on user's request")
    if isinstance(error, duckdb.TransactionException) or "onflict on" in text:
        return SqlError("1023 DETAIL: Serializable isolation violation on table in transaction")
    if match := _LENGTH.search(text):
        return SqlError(f"value too long for type character varying({match[1]})")
    if match := _NOT_NULL.search(text):
        return SqlError(f"Cannot insert a NULL value into column {match[1]}")
    if match := _MISSING_TABLE.search(text):
        return SqlError(f'relation "{match[2]}" does not exist')
    if match := _MISSING_COLUMN.search(text):
        return SqlError(f'column "{match[1]}" does not exist')
    if match := _MISSING_FUNCTION.search(text):
        return SqlError(f"function {match[1]} does not exist")
    if isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException):
        if "DECIMAL" in text:
            return SqlError("Numeric data overflow (result precision)")
        if "out of range" in text:
            return SqlError("Overflow for integer type, or value out of range")
    return SqlError(text.split("\n", 1)[0])
