"""One streamed record to one line of JSON Lines, without changing what its producer wrote."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any, Literal, NoReturn, TypedDict

from dataplatform.naming import RECEIVED_AT


class Answer(TypedDict):
    """What Firehose wants to know of each record; `data` is base64."""

    recordId: str
    result: Literal["Ok", "ProcessingFailed"]
    data: str


class NotAnObject(ValueError):
    """The record isn't one JSON object in UTF-8."""


def transform(record: dict[str, Any]) -> Answer:
    """A record's answer. One that isn't an object fails alone; Firehose keeps it as it was."""
    try:
        body = base64.b64decode(record["data"], validate=True)
        text = line(body, int(record["approximateArrivalTimestamp"]))
    except (NotAnObject, binascii.Error):
        return Answer(recordId=record["recordId"], result="ProcessingFailed", data=record["data"])
    data = base64.b64encode(text.encode()).decode()
    return Answer(recordId=record["recordId"], result="Ok", data=data)


def line(body: bytes, received: int) -> str:
    """The object on one line, its numbers' digits untouched, with the time that it was received.

    Args:
        received: milliseconds since 1970.

    Raises:
        NotAnObject: with what is wrong.
    """
    try:
        text = body.decode("utf-8").strip(" \t\r\n")
        event = json.loads(text, parse_constant=_refuse, parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise NotAnObject(str(error)) from error
    if not isinstance(event, dict):
        raise NotAnObject(f"a JSON {type(event).__name__}")
    # A line break inside a string is escaped in JSON, so those that stand bare are white space.
    inside = text[1:-1].replace("\r", " ").replace("\n", " ").strip(" \t")
    moment = datetime.fromtimestamp(received / 1000, UTC).isoformat(timespec="milliseconds")
    own = f'"{RECEIVED_AT}": "{moment}"'
    return "{" + (f"{inside}, {own}" if inside else own) + "}\n"


def _refuse(name: str) -> NoReturn:
    raise NotAnObject(f"{name} is no JSON number")
