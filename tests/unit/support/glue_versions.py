"""Glue's check of versions, which moto leaves out: an update names the one that it builds on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.core.exceptions import JsonRESTError
from moto.glue.responses import GlueResponse

_update = GlueResponse.update_table


@contextmanager
def glue_checks_versions() -> Iterator[None]:
    """Let moto refuse an update of a table that was updated since."""
    with patch.object(GlueResponse, "update_table", _checked):
        yield


def _checked(response: Any) -> Any:
    given = response.parameters
    named = given.get("VersionId")
    table = response.glue_backend.get_table(given["DatabaseName"], given["TableInput"]["Name"])
    found = table.as_dict()["VersionId"]
    if named not in (None, found):
        raise JsonRESTError(
            "ConcurrentModificationException", f"version {named} was updated: it is {found} now"
        )
    return _update(response)
