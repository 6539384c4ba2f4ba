"""DynamoDB as the ledger uses it: one table, conditional writes, strongly consistent reads.

Partitions (`pk` / `sk`), each item of bounded size however much data goes through:

    object#<bucket>/<key>   / <version>          one object version, written once
    due#<dataset>           / <arrived_at>#<h>   a pointer: registered, in no batch yet
    datasets                / <dataset>          datasets that ever had an object
    batch#<batch_id>        / batch              the batch's state and counts
    batch#<batch_id>        / object#<at>#<h>    the objects in it
    batch#<batch_id>        / replay#<number>    a replay of what it left in quarantine
    waiting#<dataset>       / <batch_id>         a pointer: records of it are in quarantine
    unfinished              / <batch_id>         a pointer: not published yet
    totals                  / <dataset>          lifetime books, published sequence
    sequences               / <dataset>          last sequence handed out
    lease#<name>            / lease              owner, until, fencing token
    cursor#<dataset>        / cursor             the last record pulled
    runs                    / <run_id>           one run
    execution#<arn>         / execution          which run an execution opened
    run#<run_id>            / batch#|step#|failure#|engine#|usage#|audit#|told#
    profiles#<dataset>      / <sequence>         figures of a publication
    held                    / <dataset>          what an audit found; nothing of it is published
    models                  / <model>            a gold model's state
    maintenance#<run>       / <table>            what a run of the maintenance did to a table
    drift#<dataset>         / <kind>:<column>    how a source's data differs from the contract
    drifted#<dataset>       / <arrived_at>#<h>   a due object that waits because of it
    load#<model>            / <build>            an export that the warehouse hasn't merged
    backfills#<dataset>     / <opened_at>#<id>   a pointer to a backfill
    backfill#<id>           / backfill|chunk#<n> what is derived anew, and what came of it
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Self

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from dataplatform.ledger.records import iso
from dataplatform.ledger.writes import Item, Refused, Write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

MAX_TRANSACTION: Final = 100
"""Writes in one TransactWriteItems call: DynamoDB's limit."""

_MAX_GET: Final = 100
_CONFLICT_ATTEMPTS: Final = 8
_PASSING: Final = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


class LedgerTable:
    """The ledger's access to its table; the clock (epoch seconds) and sleep can be replaced."""

    def __init__(
        self,
        table: Table,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._table = table
        self._clock = clock
        self._sleep = sleep
        self._given_back: set[tuple[str, int]] = set()

    @classmethod
    def connect(cls, name: str) -> Self:
        """Open the ledger by its table's name, with the credentials of this process."""
        import boto3
        from botocore.config import Config

        config = Config(retries={"mode": "standard", "max_attempts": 6})
        return cls(boto3.resource("dynamodb", config=config).Table(name))

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def now(self) -> str:
        """The ledger's time, as records carry it."""
        return iso(self._moment())

    def _expires(self, days: int) -> int:
        return int(self._clock()) + days * 86_400

    def _write(self, *writes: Write) -> None:
        """Do all of the writes or none.

        Raises:
            Refused: a condition didn't hold. Conflicts with a concurrent writer of the same items
                are tried again with full jitter, since they say nothing of the conditions.
        """
        for attempt in range(_CONFLICT_ATTEMPTS):
            try:
                self._send(writes)
                return
            except ClientError as error:
                failed, passing = _reasons(error)
                if failed:
                    raise Refused(failed) from error
                if not passing or attempt == _CONFLICT_ATTEMPTS - 1:
                    raise
            self._sleep(random.uniform(0, 0.05 * 2**attempt))

    def _send(self, writes: Sequence[Write]) -> None:
        client = self._table.meta.client
        name = self._table.name
        if len(writes) == 1 and writes[0].kind != "ConditionCheck":
            send = getattr(client, f"{writes[0].kind.lower()}_item")
            send(TableName=name, **writes[0].arguments)
            return
        items: Any = [{w.kind: {"TableName": name, **w.arguments}} for w in writes]
        client.transact_write_items(TransactItems=items)

    def _get(self, pk: str, sk: str) -> Item | None:
        item = self._table.get_item(Key={"pk": pk, "sk": sk}, ConsistentRead=True).get("Item")
        return None if item is None else plain(item)

    def _get_all(self, keys: Sequence[tuple[str, str]]) -> list[Item]:
        """Items of the keys that exist, in the order of the keys."""
        found: dict[tuple[str, str], Item] = {}
        for start in range(0, len(keys), _MAX_GET):
            wanted: Any = {
                self._table.name: {
                    "Keys": [{"pk": pk, "sk": sk} for pk, sk in keys[start : start + _MAX_GET]],
                    "ConsistentRead": True,
                }
            }
            while wanted:
                answer = self._table.meta.client.batch_get_item(RequestItems=wanted)
                for item in answer["Responses"].get(self._table.name, []):
                    found[(str(item["pk"]), str(item["sk"]))] = plain(item)
                wanted = answer.get("UnprocessedKeys")
                if wanted:
                    self._sleep(random.uniform(0, 0.1))
        return [found[key] for key in keys if key in found]

    def _query(
        self,
        pk: str,
        *,
        prefix: str = "",
        between: tuple[str, str] | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[Item]:
        condition: Any = Key("pk").eq(pk)
        if between:
            condition = condition & Key("sk").between(*between)
        elif prefix:
            condition = condition & Key("sk").begins_with(prefix)
        arguments: dict[str, Any] = {
            "KeyConditionExpression": condition,
            "ConsistentRead": True,
            "ScanIndexForward": not newest_first,
        }
        given = 0
        while True:
            if limit is not None:
                arguments["Limit"] = limit - given
            answer = self._table.query(**arguments)
            for item in answer["Items"]:
                yield plain(item)
                given += 1
            if "LastEvaluatedKey" not in answer or given == limit:
                return
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def plain(value: Any) -> Any:
    """DynamoDB's Decimals as ints: the ledger holds no other numbers."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def _reasons(error: ClientError) -> tuple[list[int], bool]:
    """Positions of failed conditions, and whether the error is one that passes by itself."""
    code = error.response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        return [0], False
    if code in {"TransactionConflictException", "TransactionInProgressException"}:
        return [], True
    if code != "TransactionCanceledException":
        return [], False
    reasons: list[dict[str, Any]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
    codes = [reason.get("Code") for reason in reasons]
    failed = [i for i, reason in enumerate(codes) if reason == "ConditionalCheckFailed"]
    return failed, any(reason in _PASSING for reason in codes)
