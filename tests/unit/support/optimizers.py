"""The embedded Glue's table optimizers as a boto3 client, without a server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from ministack.core.responses import get_account_id
from ministack.services import glue

from embedded_aws.plugins import table_optimizers

ACCOUNT = get_account_id()

CALLS: dict[str, Any] = {
    "create_table_optimizer": table_optimizers.create,
    "update_table_optimizer": table_optimizers.update,
    "get_table_optimizer": table_optimizers.get,
    "delete_table_optimizer": table_optimizers.delete,
}


class GlueClient:
    """Keeps what it was asked to change; `refusals` are told first, as Glue would."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, str]] = []
        self.refusals: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        def call(**asked: Any) -> dict[str, Any]:
            if name != "get_table_optimizer":
                self.changes.append((name.partition("_")[0], asked["TableName"]))
                if self.refusals:
                    raise _error(self.refusals.pop(0), name)
            status, _, body = table_optimizers.answered(CALLS[name], asked)
            answer: dict[str, Any] = json.loads(body)
            if status >= 400:
                raise _error(answer["__type"].rpartition("#")[2], name)
            return answer

        return call


def _error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


@contextmanager
def glue_with(*tables: str, state: Path) -> Iterator[GlueClient]:
    """A catalogue that holds these tables `database.name`, and nothing else."""
    (state / "data").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIR_STATE_DIR", str(state))
        patch.setattr(glue, "_tables", {table.replace(".", "/"): {} for table in tables})
        yield GlueClient()
