"""Glue's resources as IAM names them: a table by its database, a database as a database.

MiniStack names a table by its database alone, and a database as a table. A policy that names tables
of one database, as Weir's grants do, would then allow too much or nothing.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.core import iam_actions

_DATABASE_CALLS = ("CreateDatabase", "DeleteDatabase", "GetDatabase", "UpdateDatabase")


def install() -> None:
    """Put the right resource in place of MiniStack's, for Glue alone."""
    original = iam_actions.extract_resource_arn

    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: Any,
        query_params: dict[str, Any],
        region: str,
        account_id: str,
    ) -> Any:
        if service == "glue":
            resource = glue_resource(headers.get("x-amz-target", "").rpartition(".")[2], body)
            if resource:
                return f"arn:aws:glue:{region}:{account_id}:{resource}"
        return original(service, method, path, headers, body, query_params, region, account_id)

    iam_actions.extract_resource_arn = extract_resource_arn


def glue_resource(call: str, body: str | bytes) -> str:
    """`table/db/name` or `database/db`; "" where MiniStack's own answer will do."""
    try:
        asked = json.loads(body or "{}")
    except ValueError:
        return ""
    if call in _DATABASE_CALLS:
        name = asked.get("Name") or (asked.get("DatabaseInput") or {}).get("Name")
        return f"database/{name}" if name else ""
    database = asked.get("DatabaseName")
    if not database or "Table" not in call:
        return ""
    table = (
        asked.get("Name") or asked.get("TableName") or (asked.get("TableInput") or {}).get("Name")
    )
    return f"table/{database}/{table or '*'}"
