"""Reads the script in which HSQLDB keeps a database: one statement a line.

Only what such a script holds of data is read: CREATE TABLE for names and types, SET SCHEMA, and
INSERT. Values come as text in the form that CSV and JSON want; None is NULL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass

Row = tuple[str | None, ...]

_CREATE = re.compile(
    r'CREATE \w+ TABLE (?:"(?P<schema>\w+)"\.)?"(?P<table>\w+)"\((?P<columns>.*)\)$'
)
_COLUMN = re.compile(r'"(?P<name>\w+)" (?P<type>[A-Z]+)(?P<size>\(\d+(?:,\d+)?\))?')
_SCHEMA = re.compile(r'SET SCHEMA "?(?P<schema>\w+)"?$')
_INSERT = re.compile(r'INSERT INTO "(?P<table>\w+)" VALUES\((?P<values>.*)\)$')
_VALUE = re.compile(r"'(?P<text>(?:[^']|'')*)'|(?P<bare>[^,']+)")
_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d) 00:00:00(?:\.0+)?$")


class MalformedScript(ValueError):
    """A line that isn't what HSQLDB writes; the message has its number."""


@dataclass(frozen=True)
class Column:
    """A column as declared; `type` is SQL's word, without its size."""

    name: str
    type: str


@dataclass(frozen=True)
class Table:
    """A table as declared."""

    name: str
    columns: tuple[Column, ...]


def read(lines: Iterable[str], schema: str, wanted: Container[str]) -> Iterator[tuple[Table, Row]]:
    """Each row of the wanted tables of a schema, in the script's order.

    Raises:
        MalformedScript: a row without its table, or with another number of values than columns.
    """
    tables: dict[str, Table] = {}
    converters: dict[str, list[Callable[[str], str]]] = {}
    current = ""
    for number, line in enumerate(lines, start=1):
        if line.startswith("INSERT INTO "):
            if current != schema or line.split('"', 2)[1] not in wanted:
                continue
            name, row = _insert(line.rstrip("\r\n"), number)
            table = tables.get(name)
            if table is None or len(row) != len(table.columns):
                raise MalformedScript(f"line {number}: {len(row)} values for table {name!r}")
            yield table, _convert(row, converters[name])
        elif created := _CREATE.match(line.rstrip("\r\n")):
            if (created["schema"] or current) == schema:
                table = Table(created["table"], tuple(_columns(created["columns"])))
                tables[table.name] = table
                converters[table.name] = [_CONVERTERS.get(c.type, _as_is) for c in table.columns]
        elif switched := _SCHEMA.match(line.rstrip("\r\n")):
            current = switched["schema"]


def _columns(text: str) -> Iterator[Column]:
    for match in _COLUMN.finditer(text):
        yield Column(match["name"], match["type"])


def _insert(line: str, number: int) -> tuple[str, list[str | None]]:
    match = _INSERT.match(line)
    if match is None:
        raise MalformedScript(f"line {number}: {line[:80]!r}")
    values = match["values"]
    if "'" not in values:
        return match["table"], [None if v == "NULL" else v for v in values.split(",")]
    return match["table"], list(_quoted(values, number))


def _quoted(values: str, number: int) -> Iterator[str | None]:
    position = 0
    while True:
        match = _VALUE.match(values, position)
        if match is None:
            raise MalformedScript(
                f"line {number}: no value at {values[position : position + 40]!r}"
            )
        if match["bare"] is None:
            yield _unescape(match["text"].replace("''", "'"))
        else:
            yield None if match["bare"] == "NULL" else match["bare"]
        position = match.end() + 1
        if position > len(values):
            return
        if values[position - 1] != ",":
            raise MalformedScript(f"line {number}: no comma at {values[position - 1 :][:40]!r}")


def _unescape(text: str) -> str:
    return _ESCAPES.sub(_characters, text) if "\\" in text else text


def _characters(escapes: re.Match[str]) -> str:
    """Java's UTF-16 units: a character beyond the basic plane is two of them."""
    return bytes.fromhex(escapes[0].replace("\\u", "")).decode("utf-16-be")


def _convert(row: list[str | None], converters: list[Callable[[str], str]]) -> Row:
    return tuple(
        None if value is None else convert(value)
        for value, convert in zip(row, converters, strict=True)
    )


def _as_is(text: str) -> str:
    return text


def _double(text: str) -> str:
    """HSQLDB writes 8.39 as 8.39E0."""
    return repr(float(text))


def _timestamp(text: str) -> str:
    """A day where the time is midnight, as it is throughout FoodMart's calendar."""
    midnight = _MIDNIGHT.match(text)
    return midnight[1] if midnight else text.replace(" ", "T")


_CONVERTERS: dict[str, Callable[[str], str]] = {
    "BOOLEAN": str.lower,
    "DOUBLE": _double,
    "TIMESTAMP": _timestamp,
}
