"""Redshift through its Data API: no driver, no connection to keep, no way in but IAM's."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from botocore.exceptions import ClientError

from dataplatform.errors import WeirError
from dataplatform.naming import WAREHOUSE_DATABASE

MAX_STATEMENTS: Final = 40
"""Most statements that one BatchExecuteStatement takes."""

_FIRST_WAIT: Final = 0.05
_LONGEST_WAIT: Final = 2.0
_UNFINISHED: Final = frozenset({"SUBMITTED", "PICKED", "STARTED"})


class StatementFailed(WeirError):
    """The warehouse refused a statement, or took too long; what it had changed is rolled back."""


class StatementRefused(StatementFailed):
    """The warehouse refused a statement for what it says, or for what it found in the data."""


class StatementUnknown(WeirError):
    """The Data API knows no such statement: it forgets them after 24 hours."""


@dataclass(frozen=True, kw_only=True)
class Status:
    """How a submission stands. `rows`: what its last statement counted; -1 until then."""

    state: str
    error: str = ""
    rows: int = -1

    @property
    def done(self) -> bool:
        """It has ended, well or not."""
        return self.state not in _UNFINISHED

    @property
    def failed(self) -> bool:
        """It has ended without a commit."""
        return self.done and self.state != "FINISHED"


class Warehouse:
    """One database of one workgroup, as the caller's IAM identity or as the user of a secret."""

    def __init__(
        self,
        client: Any,
        workgroup: str,
        database: str = WAREHOUSE_DATABASE,
        secret_arn: str | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._target: dict[str, str] = {"WorkgroupName": workgroup, "Database": database}
        if secret_arn:
            self._target["SecretArn"] = secret_arn
        self._clock = clock
        self._sleep = sleep

    def submit(self, statements: Sequence[str], name: str) -> str:
        """Start one transaction; gives its id at once.

        The same name again gives the same transaction (for as long as the Data API remembers),
        so a caller that lost the answer may ask again.
        """
        if not 0 < len(statements) <= MAX_STATEMENTS:
            raise ValueError(f"{len(statements)} statements; one transaction takes 1 to 40")
        answer = self._client.batch_execute_statement(
            Sqls=list(statements),
            StatementName=name[:500],
            ClientToken=hashlib.sha256(name.encode()).hexdigest(),
            **self._target,
        )
        return str(answer["Id"])

    def status(self, statement_id: str) -> Status:
        """How the submission stands now.

        Raises:
            StatementUnknown: it is too old, or never was.
        """
        try:
            described = self._client.describe_statement(Id=statement_id)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            raise StatementUnknown(
                f"the warehouse knows no statement {statement_id}",
                why="Whether it was committed can't be told from here.",
                remedy="Submit it again: loads and migrations may run twice.",
            ) from error
        state = str(described["Status"])
        rows = self._counted(described) if state == "FINISHED" else -1
        return Status(state=state, error=str(described.get("Error", "")), rows=rows)

    def run(self, statements: Sequence[str], *, timeout: float = 300.0) -> None:
        """Run statements to their end, 40 to a transaction, each after the one before.

        Raises:
            StatementFailed: with the statement and what the warehouse said of it.
        """
        for start in range(0, len(statements), MAX_STATEMENTS):
            part = list(statements[start : start + MAX_STATEMENTS])
            answer = self._client.batch_execute_statement(Sqls=part, **self._target)
            self._wait(str(answer["Id"]), timeout)

    def query(
        self, sql: str, parameters: Mapping[str, str] | None = None, *, timeout: float = 120.0
    ) -> list[dict[str, Any]]:
        """All rows of a query, by column: NUMERIC as Decimal, dates and times as such.

        `parameters` fill `:name` in the query.

        Raises:
            StatementFailed: with the query and what the warehouse said of it.
        """
        given = [{"name": name, "value": value} for name, value in (parameters or {}).items()]
        answer = self._client.execute_statement(
            Sql=sql, **self._target, **({"Parameters": given} if given else {})
        )
        statement_id = str(answer["Id"])
        described = self._wait(statement_id, timeout)
        return list(self._rows(statement_id)) if described.get("HasResultSet") else []

    def _wait(self, statement_id: str, timeout: float) -> dict[str, Any]:
        deadline = self._clock() + timeout
        pause = _FIRST_WAIT
        while True:
            described: dict[str, Any] = self._client.describe_statement(Id=statement_id)
            if described["Status"] == "FINISHED":
                return described
            if described["Status"] not in _UNFINISHED:
                raise _failure(described)
            if self._clock() > deadline:
                self._client.cancel_statement(Id=statement_id)
                raise StatementFailed(
                    f"statement {statement_id} took longer than {timeout:.0f} s",
                    why="It was cancelled; what it had changed is rolled back.",
                    remedy="Look in the console's query monitor for what it waited for.",
                )
            self._sleep(pause)
            pause = min(pause * 1.5, _LONGEST_WAIT)

    def _counted(self, described: Mapping[str, Any]) -> int:
        """The one number that the last statement of a batch selected."""
        last = described.get("SubStatements", [described])[-1]
        if not last.get("HasResultSet"):
            return -1
        records = self._client.get_statement_result(Id=last["Id"])["Records"]
        return int(records[0][0].get("longValue", -1)) if records else -1

    def _rows(self, statement_id: str) -> Iterator[dict[str, Any]]:
        page: dict[str, Any] = {"Id": statement_id}
        while True:
            result = self._client.get_statement_result(**page)
            names = told_apart([column["name"] for column in result["ColumnMetadata"]])
            kinds = [column["typeName"] for column in result["ColumnMetadata"]]
            for record in result["Records"]:
                values = map(_value, record, kinds)
                yield dict(zip(names, values, strict=True))
            if not result.get("NextToken"):
                return
            page["NextToken"] = result["NextToken"]


def told_apart(names: Sequence[str]) -> list[str]:
    """Columns' names, each once: of two `count` the second is `count_2`, and neither is lost."""
    taken: list[str] = []
    for name in names:
        numbered = (f"{name}_{number}" for number in itertools.count(2))
        free = (other for other in numbered if other not in taken and other not in names)
        taken.append(next(free) if name in taken else name)
    return taken


def _value(cell: Mapping[str, Any], kind: str) -> Any:
    """A cell as a Python value; the Data API sends NUMERIC, dates and times as text."""
    if cell.get("isNull"):
        return None
    value = next(iter(cell.values()))
    if not isinstance(value, str):
        return value
    match kind:
        case "numeric":
            return Decimal(value)
        case "date":
            return date.fromisoformat(value)
        case "timestamp" | "timestamptz":
            return datetime.fromisoformat(value)
    return value


def _failure(described: Mapping[str, Any]) -> StatementFailed:
    failed = next(
        (s for s in described.get("SubStatements", []) if s["Status"] == "FAILED"), described
    )
    sql = " ".join(str(failed.get("QueryString", "")).split())
    kind = StatementRefused if described["Status"] == "FAILED" else StatementFailed
    return kind(
        f"{described.get('Error', described['Status'])}\n  {sql[:300]}",
        why="The warehouse rolled the transaction back.",
    )
