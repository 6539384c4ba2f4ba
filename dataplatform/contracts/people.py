"""Whose data a contract describes, and what it is filed under."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_OWNER = "owner"


def contact(data: dict[str, Any]) -> str:
    """Whom to ask, in a line: `team Retail data, #retail (https://…)`; "" where nobody is named.

    Args:
        data: the contract; of shapes that aren't the standard's nothing is taken.
    """
    said = [_team(data.get("team")), *_channels(data.get("support"))]
    return ", ".join(filter(None, said))


def tags(data: dict[str, Any]) -> tuple[str, ...]:
    """The contract's own tags and those of its schema object, each once."""
    schemas = data.get("schema")
    first = schemas[0] if isinstance(schemas, list) and schemas else {}
    listed = [*_texts(data.get("tags")), *_texts(first.get("tags"))]
    return tuple(dict.fromkeys(listed))


def _team(team: Any) -> str:
    """ODCS 3.1 has an object with a name and members, 3.0 had the members alone."""
    if isinstance(team, dict):
        if isinstance(name := team.get("name"), str) and name:
            return f"team {name}"
        team = team.get("members")
    members = [item for item in team if isinstance(item, dict)] if isinstance(team, list) else []
    named = [item for item in members if isinstance(item.get("username"), str)]
    owners = [item for item in named if str(item.get("role", "")).lower() == _OWNER]
    return ", ".join(item["username"] for item in owners or named[:1])


def _channels(support: Any) -> Iterator[str]:
    for item in support if isinstance(support, list) else []:
        if isinstance(item, dict) and isinstance(item.get("channel"), str):
            url = item.get("url")
            yield f"{item['channel']} ({url})" if isinstance(url, str) and url else item["channel"]


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
