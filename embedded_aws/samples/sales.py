"""The API's own state: sale lines with an id and an `updated_at`, and a log of what was asked.

FoodMart's sale lines have no natural key (equal lines are real sales), so a line's id is its table
and position. Edits stay in the state directory from one start to the next.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from embedded_aws.samples.foodmart import SALES, Foodmart

IDENTIFIERS: Final = ("product_id", "time_id", "customer_id", "promotion_id", "store_id")
MEASURES: Final = ("store_sales", "store_cost", "unit_sales")

_PREFIXES: Final = dict(zip(SALES, ("1997", "1998", "1998-12"), strict=True))
_COLUMNS: Final = ("updated_at", "id", *IDENTIFIERS, *MEASURES)
_DAY_SECONDS: Final = 86_400
_STEP_SECONDS: Final = 97  # shares no factor with a day, so lines of a day spread over all of it
_KEPT_REQUESTS: Final = 10_000

Line = dict[str, Any]
"""A sale line, or a logged request, as it goes out in JSON."""


class UnknownSale(KeyError):
    """No sale line has this id."""


@dataclass(frozen=True)
class Request:
    """What a caller asked and got. `rows` counts those that were sent whole."""

    at: str
    updated_since: str
    after_id: str
    limit: int
    status: int
    rows: int
    fault: str = ""


def line_id(table: str, position: int) -> str:
    """`1997-0000001`: the first line of 1997's table."""
    return f"{_PREFIXES[table]}-{position:07}"


def instant(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds always, so that text sorts as time does."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class SalesStore:
    """Sale lines in one SQLite file, shared by the server's threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA synchronous = OFF")

    @classmethod
    def open(cls, path: Path, foodmart: Foodmart) -> SalesStore:
        """The state in `path`; made from FoodMart at the first start."""
        if not path.is_file():
            scratch = path.with_suffix(".building")
            scratch.unlink(missing_ok=True)
            _build(scratch, foodmart)
            scratch.replace(path)
        return cls(path)

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    def page(self, updated_since: str, after_id: str, limit: int) -> tuple[list[Line], bool]:
        """At most `limit` lines strictly after a cursor, in order, and whether more follow."""
        query = f"""
            SELECT {", ".join(_COLUMNS)} FROM sales
            WHERE (updated_at, id) > (?, ?) ORDER BY updated_at, id LIMIT ?
        """
        with self._lock:
            found = self._connection.execute(query, (updated_since, after_id, limit + 1)).fetchall()
        return [dict(row) for row in found[:limit]], len(found) > limit

    def edit(self, sale: str, measures: Mapping[str, str]) -> Line:
        """Correct a line's measures; it counts as updated now.

        Raises:
            UnknownSale: no such line.
        """
        changes = {**measures, "updated_at": instant(datetime.now(UTC))}
        assignments = ", ".join(f"{name} = :{name}" for name in changes)
        with self._lock, self._connection:
            changed = self._connection.execute(
                f"UPDATE sales SET {assignments} WHERE id = :id", {**changes, "id": sale}
            )
            if not changed.rowcount:
                raise UnknownSale(sale)
            row = self._connection.execute("SELECT * FROM sales WHERE id = ?", (sale,)).fetchone()
        return dict(row)

    def record(self, request: Request) -> None:
        """Keep what was asked; only the latest thousands are kept."""
        values = asdict(request)
        places = ", ".join(f":{name}" for name in values)
        with self._lock, self._connection:
            added = self._connection.execute(
                f"INSERT INTO requests VALUES (NULL, {places})",
                values,
            )
            self._connection.execute(
                "DELETE FROM requests WHERE number <= ?", ((added.lastrowid or 0) - _KEPT_REQUESTS,)
            )

    def requests(self) -> list[Line]:
        """What was asked, oldest first."""
        with self._lock:
            found = self._connection.execute("SELECT * FROM requests ORDER BY number").fetchall()
        return [dict(row) for row in found]


def _build(path: Path, foodmart: Foodmart) -> None:
    columns = ["updated_at TEXT", "id TEXT"]
    columns += [f"{name} INTEGER" for name in IDENTIFIERS] + [f"{name} TEXT" for name in MEASURES]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute(
            f"CREATE TABLE sales ({', '.join(columns)}, PRIMARY KEY (updated_at, id)) WITHOUT ROWID"
        )
        connection.execute(
            "CREATE TABLE requests (number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT,"
            ' updated_since TEXT, after_id TEXT, "limit" INT, status INT, rows INT, fault TEXT)'
        )
        places = ", ".join("?" * len(_COLUMNS))
        lines = sorted(_lines(foodmart))  # in the key's order: each goes to the end of the tree
        connection.executemany(f"INSERT INTO sales VALUES ({places})", lines)
        connection.execute("CREATE UNIQUE INDEX sales_id ON sales (id)")
        connection.commit()


def _lines(foodmart: Foodmart) -> Iterator[tuple[str | int, ...]]:
    days = _days(foodmart)
    for table in SALES:
        names = [column.name for column in foodmart.columns(table)]
        order = [names.index(name) for name in (*IDENTIFIERS, *MEASURES)]
        day = names.index("time_id")
        for position, row in enumerate(foodmart.rows(table), start=1):
            offset = timedelta(seconds=position * _STEP_SECONDS % _DAY_SECONDS)
            updated_at = instant(days[str(row[day])] + offset)
            values = (str(row[i]) for i in order)
            yield (updated_at, line_id(table, position), *values)


def _days(foodmart: Foodmart) -> dict[str, datetime]:
    names = [column.name for column in foodmart.columns("time_by_day")]
    key, date = names.index("time_id"), names.index("the_date")
    return {
        str(row[key]): datetime.fromisoformat(str(row[date])).replace(tzinfo=UTC)
        for row in foodmart.rows("time_by_day")
    }
