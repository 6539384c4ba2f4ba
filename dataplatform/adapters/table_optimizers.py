"""Glue's compaction of Iceberg tables, turned on and off to what the stage says.

The one optimizer of three that is used: retention and orphan deletion know nothing of what the
platform still asks a history for, and delete without the stage's second switch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from dataplatform.adapters.iceberg.changes import Change

_COMPACTION: Final = "compaction"
_UNKNOWN_YET: Final = ("AccessDeniedException", "InvalidInputException", "ValidationException")
"""What Glue says of a role that IAM hasn't told every region of."""

_ATTEMPTS: Final = 7
_FIRST_WAIT_SECONDS: Final = 1.0


class TableOptimizers:
    """Compaction of tables `database.name`.

    Args:
        glue: a boto3 client.
        catalog_id: the account.
        wait: between attempts; seconds.
    """

    def __init__(
        self, glue: Any, catalog_id: str, *, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self._glue = glue
        self._catalog_id = catalog_id
        self._wait = wait

    def follow(self, tables: Sequence[str], role_arn: str) -> list[Change]:
        """Turn compaction on for these tables, by this role, or off where there is none.

        What is so already is left alone, so doing it again changes nothing.

        Raises:
            ClientError: Glue refused.
        """
        return [change for table in tables for change in self._follow(table, role_arn)]

    def _follow(self, table: str, role_arn: str) -> list[Change]:
        place = self._place(table)
        found = self._found(place)
        if not role_arn:
            if found is None:
                return []
            self._glue.delete_table_optimizer(**place)
            return [Change(table=table, kind="compaction", detail="off")]
        wanted: Any = {"roleArn": role_arn, "enabled": True}
        if found is not None and {**found, **wanted} == found:
            return []
        change = self._glue.create_table_optimizer
        if found is not None:
            change = self._glue.update_table_optimizer
        self._until_known(lambda: change(**place, TableOptimizerConfiguration=wanted))
        return [Change(table=table, kind="compaction", detail="on")]

    def _found(self, place: dict[str, Any]) -> dict[str, Any] | None:
        try:
            answer = self._glue.get_table_optimizer(**place)
        except ClientError as error:
            if _code(error) == "EntityNotFoundException":
                return None
            raise
        return dict(answer.get("TableOptimizer", {}).get("configuration", {}))

    def _until_known(self, change: Callable[[], object]) -> None:
        """A role that was made seconds ago isn't known to Glue yet; a minute is enough for that."""
        for attempt in range(1, _ATTEMPTS):
            try:
                change()
                return
            except ClientError as error:
                if _code(error) not in _UNKNOWN_YET:
                    raise
                self._wait(_FIRST_WAIT_SECONDS * 2 ** (attempt - 1))
        change()

    def _place(self, table: str) -> dict[str, Any]:
        database, _, name = table.partition(".")
        return {
            "CatalogId": self._catalog_id,
            "DatabaseName": database,
            "TableName": name,
            "Type": _COMPACTION,
        }


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
