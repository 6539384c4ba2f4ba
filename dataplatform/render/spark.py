"""A dataset's silver step in Spark SQL (3.5)."""

from __future__ import annotations

from collections.abc import Sequence

from dataplatform.contracts.nesting import kind_in_words
from dataplatform.naming import BronzeColumn, SilverColumn, was_column
from dataplatform.plans.model import Check, Column, SilverSql
from dataplatform.quality.model import Severity
from dataplatform.render.nested import decoded, places
from dataplatform.render.nested_dialects import SparkDialect
from dataplatform.render.parts import spark_part
from dataplatform.render.spark_checks import (
    broken_by,
    nested_name,
    raw_name,
    read_name,
    shown,
    source_name,
    written_as,
)
from dataplatform.render.spark_formats import cast_as, is_read, read
from dataplatform.render.spark_text import conjunction, literal, name

EACH_NEWEST = "SELECT n.*"
"""How `SilverSql.classified` begins: the newest records, as they are."""

_TEXT = ("string",)


class SparkRenderer:
    """Renders one dataset.

    Args:
        key: what identifies a record: `SilverPlan.key`.
        ordering: the ordering column, "" for order of arrival.
        partition: the columns whose values split silver's files.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        checks: Sequence[Check],
        key: Sequence[str],
        ordering: str,
        partition: Sequence[str] = (),
    ) -> None:
        self._columns = {column.name: column for column in columns}
        self._checks = checks
        self._key = tuple(key)
        self._ordering = ordering
        self._partition = tuple(partition)

    def render(self) -> SilverSql:
        """All statements; see `SilverSql`."""
        return SilverSql(
            typed=self._typed(),
            newest=self._newest(),
            classified=self._classified(self._ordering),
            merge=self._merge(),
            backfilled=self._classified("", absent="absent"),
            part=spark_part(tuple(self._columns.values()), self._key),
        )

    def _typed(self) -> str:
        """Casts below, checks above them, so that each value is cast once."""
        inner = [f"b.{name(column)}" for column in BronzeColumn]
        outer = []
        for column in self._columns.values():
            source = f"b.{name(column.name)}"
            if column.type not in _TEXT:
                inner.append(f"{source} AS {_raw(column)}")
            if column.parts:
                nested = decoded(column, self._checks, source, SparkDialect())
                inner.append(f"{nested} AS {name(nested_name(column))}")
                outer.append(f"{_held(column)} AS {name(column.name)}")
                continue
            inner.append(f"{self._cast(column, source)} AS {name(column.name)}")
            outer.append(name(column.name))
        outer += [name(column) for column in BronzeColumn]
        outer.append(f"{_told(self._faults())} AS _reasons")
        if warnings := self._warnings():
            outer.append(f"{_told(warnings)} AS _warnings")
        return (
            f"SELECT\n  {_list(outer)}\n"
            f"FROM (\n  SELECT\n  {_list(inner)}\n  FROM {self._bronze()} AS b\n) AS b"
        )

    def _bronze(self) -> str:
        """Bronze, with what is read of formats beside it: the casts use it more than once."""
        formatted = [
            f"{read(f'b.{name(c.name)}', c.type, c.format)} AS {name(read_name(c))}"
            for c in self._columns.values()
            if is_read(c.format)
        ]
        if not formatted:
            return "{bronze}"
        return f"(\n  SELECT\n  {_list(['b.*', *formatted])}\n  FROM {{bronze}} AS b\n  )"

    def _cast(self, column: Column, source: str) -> str:
        text = cast_as(source_name(column), column.type, column.format, column.zone)
        if column.name != self._ordering or column.type not in ("timestamp", "date"):
            return text
        # A delete often comes with its key alone: it's as new as its arrival.
        arrived = f"CAST(b.{name(BronzeColumn.ARRIVED_AT)} AS {column.type.upper()})"
        return f"IF({source} IS NULL AND {_is_delete()}, {arrived}, {text})"

    def _faults(self) -> list[tuple[str, str]]:
        """A check's condition for a bad record, and its reason."""
        faults = []
        for column in self._columns.values():
            if column.type not in _TEXT:
                broken = f"b.{_raw(column)} IS NOT NULL AND {_held(column)} IS NULL"
                reason = f"malformed {column.name}"
                tail = f" is not {kind_in_words(column.type)}{written_as(column)}"
                faults.append(self._fault(column, broken, reason, tail))
            for check in self._checks:
                if check.column == column.name and check.severity == Severity.ERROR:
                    faults.append(self._check(column, check))
            faults += self._within(column)
        return faults

    def _within(self, column: Column) -> list[tuple[str, str]]:
        """What is wrong with the values in a nested column."""
        found = f"b.{name(nested_name(column))}.{name('f')}"
        applies = self._applies(column)
        return [
            (f"{applies}{found}[{place}] IS NOT NULL", f"{found}[{place}]")
            for place in range(places(column, self._checks) if column.parts else 0)
        ]

    def _warnings(self) -> list[tuple[str, str]]:
        """The condition of each check that only warns, and its name."""
        return [
            (self._check(self._columns[check.column], check)[0], literal(check.name))
            for check in self._checks
            if check.severity == Severity.WARNING
        ]

    def _check(self, column: Column, check: Check) -> tuple[str, str]:
        held = _held(column)
        if check.kind == "required":
            # A value that is there but can't be cast is malformed, not missing.
            broken = f"{held} IS NULL"
            if column.type not in _TEXT:
                broken += f" AND b.{_raw(column)} IS NULL"
            return f"{self._applies(column)}{broken}", literal(check.reason)
        broken = broken_by(column, check.kind, check.arguments, held)
        return self._fault(column, broken, check.reason, "")

    def _fault(self, column: Column, broken: str, reason: str, tail: str) -> tuple[str, str]:
        """A reason with the value; of a classified column without it: reasons are widely read."""
        condition = f"{self._applies(column)}{broken}"
        if column.classification not in ("", "public", "internal"):
            said = tail.replace(" is not ", ": not ")
            return condition, literal(reason + said)
        held = f"b.{name(column.name) if column.type in _TEXT else _raw(column)}"
        opening, closing = literal(reason + ": '"), literal("'" + tail)
        return condition, f"concat({opening}, {shown(held)}, {closing})"

    def _applies(self, column: Column) -> str:
        if column.name in self._key or column.name == self._ordering:
            return ""
        return f"NOT {_is_delete()} AND "

    def _newest(self) -> str:
        key = ", ".join(name(column) for column in self._key)
        order = [self._ordering] if self._ordering else []
        order += [BronzeColumn.ARRIVED_AT, BronzeColumn.OBJECT, BronzeColumn.POSITION]
        newest_first = ", ".join(f"{name(column)} DESC" for column in order)
        return (
            f"SELECT g.*, row_number() OVER (PARTITION BY {key} ORDER BY {newest_first}) AS _rank\n"
            "FROM {good} AS g"
        )

    def _classified(self, ordering: str, *, absent: str = "duplicate") -> str:
        """What becomes of each newest record.

        Args:
            ordering: by which a row that stands may be newer; "" where it can't be.
            absent: what a delete is called whose key has no row.
        """
        matched = f"s.{name(self._key[0])} IS NOT NULL"
        on = conjunction([f"n.{name(c)} = s.{name(c)}" for c in self._key])
        same = conjunction([f"n.{name(c)} <=> s.{name(c)}" for c in self._columns])
        deleted = _is_delete("n")
        whens = [f"WHEN {deleted} AND NOT ({matched}) THEN {literal(absent)}"]
        whens.append(f"WHEN NOT ({matched}) THEN 'insert'")
        if ordering:
            column = name(ordering)
            whens.append(f"WHEN s.{column} > n.{column} THEN 'duplicate'")
        whens += [f"WHEN {deleted} THEN 'delete'", f"WHEN {same} THEN 'duplicate'", "ELSE 'update'"]
        was = "".join(f", s.{name(c)} AS {name(was_column(c))}" for c in self._partition)
        return (
            f"{EACH_NEWEST}{was}, CASE\n  {_lines(whens)}\nEND AS _action\n"
            f"FROM {{newest}} AS n\nLEFT JOIN {{silver}} AS s ON {on}"
        )

    def _merge(self) -> str:
        columns = [name(c) for c in (*self._columns, *SilverColumn)]
        on = conjunction([f"t.{name(c)} = c.{name(c)}" for c in self._key])
        assigned = ", ".join(f"t.{column} = c.{column}" for column in columns)
        return (
            f"MERGE INTO {{target}} AS t\nUSING {{changes}} AS c\nON {on} AND {{within}}\n"
            "WHEN MATCHED AND c._action = 'delete' THEN DELETE\n"
            f"WHEN MATCHED THEN UPDATE SET {assigned}"
        )


def _told(faults: Sequence[tuple[str, str]]) -> str:
    """What is said of a record's faults; put together for the records that have one alone.

    Spark has no generated code for `filter`: it would interpret every check of every record.
    """
    none = "CAST(array() AS ARRAY<STRING>)"
    if not faults:
        return none
    bad = " OR\n    ".join(f"({broken})" for broken, _ in faults)
    reasons = ",\n    ".join(f"CASE WHEN {fault} THEN {reason} END" for fault, reason in faults)
    told = f"filter(array(\n    {reasons}\n  ), r -> r IS NOT NULL)"
    return f"CASE WHEN\n    {bad}\n  THEN {told}\n  ELSE {none} END"


def _is_delete(table: str = "b") -> str:
    return f"({table}.{name(BronzeColumn.OP)} <=> 'delete')"


def _held(column: Column) -> str:
    """The typed value, above the casts."""
    if column.parts:
        return f"b.{name(nested_name(column))}.{name('v')}"
    return f"b.{name(column.name)}"


def _raw(column: Column) -> str:
    return name(raw_name(column))


def _list(items: Sequence[str]) -> str:
    return ",\n  ".join(items)


def _lines(items: Sequence[str]) -> str:
    return "\n  ".join(items)
