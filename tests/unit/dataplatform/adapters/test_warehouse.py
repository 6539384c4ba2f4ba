from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dataplatform.adapters.warehouse import (
    MAX_STATEMENTS,
    StatementFailed,
    StatementRefused,
    StatementUnknown,
    Warehouse,
)


class DataApi:
    """The Data API's answers as told, and what it was asked."""

    def __init__(
        self, *described: dict[str, Any], pages: list[dict[str, Any]] | None = None
    ) -> None:
        self.described = list(described)
        self.pages = pages or []
        self.executed: list[dict[str, Any]] = []
        self.cancelled: list[str] = []

    def batch_execute_statement(self, **request: Any) -> dict[str, Any]:
        self.executed.append(request)
        return {"Id": f"id-{len(self.executed)}"}

    execute_statement = batch_execute_statement

    def describe_statement(self, **request: Any) -> dict[str, Any]:
        if not self.described:
            raise ClientError(
                {"Error": {"Code": "ResourceNotFoundException", "Message": "?"}}, "Describe"
            )
        return self.described.pop(0) if len(self.described) > 1 else self.described[0]

    def get_statement_result(self, **request: Any) -> dict[str, Any]:
        return self.pages[int(request.get("NextToken", 0))]

    def cancel_statement(self, **request: Any) -> dict[str, Any]:
        self.cancelled.append(request["Id"])
        return {"Status": True}


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0
        self.pauses: list[float] = []

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds


STARTED = {"Status": "STARTED"}
FINISHED = {"Status": "FINISHED", "HasResultSet": True}


def warehouse(api: DataApi, clock: Clock | None = None, secret: str | None = None) -> Warehouse:
    clock = clock or Clock()
    return Warehouse(api, "group", secret_arn=secret, clock=clock.now, sleep=clock.sleep)


def test_rows_come_typed_and_from_every_page() -> None:
    metadata = [
        {"name": name, "typeName": kind}
        for name, kind in (
            *(("n", "int8"), ("price", "numeric"), ("day", "date")),
            *(("at", "timestamp"), ("ok", "bool"), ("name", "varchar")),
        )
    ]
    first = [
        *({"longValue": 1}, {"stringValue": "1.50"}, {"stringValue": "2026-11-21"}),
        *({"stringValue": "2026-11-21 10:00:00.5"}, {"booleanValue": True}, {"stringValue": "7"}),
    ]
    nulls = [{"isNull": True}] * 6
    api = DataApi(
        STARTED,
        FINISHED,
        pages=[
            {"Records": [first], "ColumnMetadata": metadata, "NextToken": "1"},
            {"Records": [nulls], "ColumnMetadata": metadata},
        ],
    )
    rows = warehouse(api).query("SELECT 1", {"x": "y"})
    assert list(rows[0].values()) == [
        *(1, Decimal("1.50"), date(2026, 11, 21), datetime(2026, 11, 21, 10, 0, 0, 500_000)),
        *(True, "7"),
    ]
    assert list(rows[1].values()) == [None] * 6
    assert api.executed[0]["Parameters"] == [{"name": "x", "value": "y"}]


def test_columns_of_one_name_are_told_apart() -> None:
    metadata = [{"name": name, "typeName": "int8"} for name in ("count", "count_2", "count", "n")]
    page = {"ColumnMetadata": metadata, "Records": [[{"longValue": n} for n in (1, 2, 3, 4)]]}
    assert warehouse(DataApi(FINISHED, pages=[page])).query("SELECT …") == [
        {"count": 1, "count_2": 2, "count_3": 3, "n": 4}
    ]


def test_a_query_without_rows_gives_none() -> None:
    api = DataApi({"Status": "FINISHED", "HasResultSet": False})
    assert warehouse(api).query("DELETE FROM t") == []


def test_a_failure_names_the_statement_and_what_was_said() -> None:
    api = DataApi(
        {
            "Status": "FAILED",
            "Error": "Query #2 failed with ERROR: no",
            "SubStatements": [
                {"Status": "FINISHED", "QueryString": "SELECT 1"},
                {"Status": "FAILED", "QueryString": "SELECT\n  2"},
            ],
        }
    )
    with pytest.raises(StatementRefused, match=r"ERROR: no\n  SELECT 2"):
        warehouse(api).run(["SELECT 1", "SELECT 2"])


def test_a_statement_that_somebody_cancelled_is_not_refused() -> None:
    with pytest.raises(StatementFailed, match="ABORTED") as raised:
        warehouse(DataApi({"Status": "ABORTED"})).run(["SELECT 1"])
    assert not isinstance(raised.value, StatementRefused)


def test_waiting_has_a_deadline_and_longer_and_longer_pauses() -> None:
    api, clock = DataApi(STARTED), Clock()
    with pytest.raises(StatementFailed, match="longer than 30 s"):
        warehouse(api, clock).run(["SELECT 1"], timeout=30)
    assert api.cancelled == ["id-1"]
    assert clock.pauses == sorted(clock.pauses)
    assert max(clock.pauses) <= 2.0
    assert clock.seconds < 34


def test_many_statements_run_in_several_transactions() -> None:
    api = DataApi(FINISHED)
    warehouse(api, secret="arn:secret").run([f"SELECT {n}" for n in range(MAX_STATEMENTS + 1)])
    assert [len(request["Sqls"]) for request in api.executed] == [MAX_STATEMENTS, 1]
    assert {request["SecretArn"] for request in api.executed} == {"arn:secret"}
    warehouse(api).run([])
    assert len(api.executed) == 2


def test_one_name_is_one_token() -> None:
    api = DataApi(FINISHED)
    subject = warehouse(api)
    for name in ("a", "a", "b"):
        subject.submit(["SELECT 1"], name)
    tokens = [request["ClientToken"] for request in api.executed]
    assert tokens[0] == tokens[1] != tokens[2]
    assert all(len(token) == 64 for token in tokens)
    with pytest.raises(ValueError, match="41 statements"):
        subject.submit(["SELECT 1"] * 41, "many")


def test_a_statement_that_nobody_knows_is_said_to_be_unknown() -> None:
    with pytest.raises(StatementUnknown):
        warehouse(DataApi()).status("gone")


def test_the_status_of_a_finished_batch_holds_its_last_count() -> None:
    last = {"Id": "id-1:2", "HasResultSet": True}
    api = DataApi(
        {"Status": "FINISHED", "SubStatements": [{"Id": "id-1:1"}, last]},
        pages=[{"Records": [[{"longValue": 25}]], "ColumnMetadata": []}],
    )
    status = warehouse(api).status("id-1")
    assert (status.done, status.failed, status.rows) == (True, False, 25)
    assert not warehouse(DataApi(STARTED)).status("id-1").done
    failed = warehouse(DataApi({"Status": "ABORTED", "Error": "e"})).status("id-1")
    assert (failed.done, failed.failed, failed.error, failed.rows) == (True, True, "e", -1)
