"""Takes records in, and delivers them when the destination's interval or size is reached."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, Final

from ministack.core.responses import (
    get_account_id,
    get_region,
    set_request_account_id,
    set_request_region,
)
from ministack.services import firehose

from embedded_aws.firehose.delivery import NotDelivered, deliver
from embedded_aws.firehose.journal import Journal, Record, StreamKey
from embedded_aws.state import StateDir

logger = logging.getLogger("weir.firehose")

_LOOK_SECONDS: Final = 0.5
_DEFAULT_SECONDS: Final = 300
_DEFAULT_MIB: Final = 5

_stock_deliver = firehose._deliver_records_to_s3


def install() -> None:
    """Buffer what goes to S3."""
    journal = Journal(StateDir.current().plugin("firehose"))

    def accept(stream: dict[str, Any], dest: dict[str, Any], records: list[Any]) -> None:
        dest["records"].clear()  # MiniStack would keep every record it ever got.
        if _needs_stock(dest["config"]):
            _stock_deliver(stream, dest, records)
            return
        key = StreamKey(get_account_id(), get_region(), stream["name"])
        now = int(time.time() * 1000)
        journal.append(key, [Record(identifier, data, now) for identifier, data in records])

    firehose._deliver_records_to_s3 = accept
    threading.Thread(target=_run, args=(journal,), daemon=True, name="weir-firehose").start()


def _needs_stock(config: dict[str, Any]) -> bool:
    """Dynamic partitioning and format conversion stay MiniStack's: one object a record."""
    conversion = config.get("DataFormatConversionConfiguration") or {}
    partitioning = config.get("DynamicPartitioningConfiguration") or {}
    return bool(partitioning.get("Enabled") or (conversion and conversion.get("Enabled", True)))


def _run(journal: Journal) -> None:
    while True:
        time.sleep(_LOOK_SECONDS)
        for key, size, age in journal.waiting():
            try:
                _deliver_if_due(journal, key, size, age)
            except Exception:
                logger.exception("delivery of %s failed", key.name)


def _deliver_if_due(journal: Journal, key: StreamKey, size: int, age: float) -> None:
    set_request_account_id(key.account)
    set_request_region(key.region)
    stream = firehose._streams.get(key.name)
    if stream is None:
        if firehose._streams.has_any():  # The state is restored, and the stream is gone.
            journal.take(key)
            journal.done(key)
        return
    config = next(
        (d["config"] for d in stream["destinations"] if d["type"] in ("ExtendedS3", "S3")), None
    )
    if config is None:
        return
    hints = config.get("BufferingHints") or {}
    if age < hints.get("IntervalInSeconds", _DEFAULT_SECONDS) and size < (
        hints.get("SizeInMBs", _DEFAULT_MIB) << 20
    ):
        return
    try:
        deliver(stream, config, journal.take(key))
        journal.done(key)
    except NotDelivered as refusal:
        logger.error("%s keeps its records: %s", key.name, refusal)
        journal.retry(key)
