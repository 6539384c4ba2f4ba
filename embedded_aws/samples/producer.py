"""Tills: a day of FoodMart's sale lines as events, put to the platform's delivery stream."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from embedded_aws.samples.foodmart import SALES, Foodmart
from embedded_aws.samples.sales import line_id

STREAM: Final = "pos_sales"
"""The dataset that the events are of."""

_RECORDS: Final = 500
"""What PutRecordBatch takes at most."""

_ATTEMPTS: Final = 8
_INTEGERS: Final = ("product_id", "customer_id", "promotion_id", "store_id")
_MEASURES: Final = ("unit_sales", "store_sales", "store_cost")
_STEP_SECONDS: Final = 97
_DAY_SECONDS: Final = 86_400

Event = dict[str, Any]


class EventsRefused(RuntimeError):
    """Firehose went on refusing records."""


def events(foodmart: Foodmart, day: date) -> Iterator[Event]:
    """Every sale line of a day, with the same id each time that it is replayed."""
    times = _times(foodmart, day)
    for table in SALES:
        names = [column.name for column in foodmart.columns(table)]
        for position, values in enumerate(foodmart.rows(table), start=1):
            row = dict(zip(names, values, strict=True))
            if row["time_id"] in times:
                moment = datetime.combine(day, datetime.min.time()) + timedelta(
                    seconds=position * _STEP_SECONDS % _DAY_SECONDS
                )
                yield {
                    "event_id": line_id(table, position),
                    "sold_at": moment.isoformat() + "Z",
                    **{name: int(str(row[name])) for name in _INTEGERS},
                    **{name: row[name] for name in _MEASURES},
                }


def day_of_events(tools: Mapping[str, str], day: date) -> list[bytes]:
    """A day's events, from the database whose place the wrapper's tools name."""
    foodmart = Foodmart.open(Path(tools["foodmart"]), Path(tools["cache"]))
    return encoded(events(foodmart, day))


def put(firehose: Any, stream: str, records: Sequence[bytes]) -> int:
    """Put records, again those that Firehose refused for now; returns how many were put.

    Raises:
        EventsRefused: some are still refused after several attempts.
    """
    for begin in range(0, len(records), _RECORDS):
        waiting = list(records[begin : begin + _RECORDS])
        for attempt in range(_ATTEMPTS):
            answer = firehose.put_record_batch(
                DeliveryStreamName=stream, Records=[{"Data": data} for data in waiting]
            )
            answers = zip(waiting, answer["RequestResponses"], strict=True)
            waiting = [data for data, result in answers if "ErrorCode" in result]
            if not waiting:
                break
            time.sleep(min(0.1 * 2**attempt, 5))  # AWS asks callers to back off
        else:
            raise EventsRefused(f"{stream} refused {len(waiting)} records {_ATTEMPTS} times")
    return len(records)


def encoded(found: Iterator[Event]) -> list[bytes]:
    """Events as JSON."""
    return [json.dumps(event).encode() for event in found]


def _times(foodmart: Foodmart, day: date) -> set[str]:
    names = [column.name for column in foodmart.columns("time_by_day")]
    key, moment = names.index("time_id"), names.index("the_date")
    return {
        str(row[key])
        for row in foodmart.rows("time_by_day")
        if str(row[moment]).startswith(day.isoformat())
    }
