"""Pulling what is new from a source, and landing it together with the cursor.

A pull is exactly once in effect: the object is put first, and then one transaction registers it and
moves the cursor from where this pull began. Where a pull dies between the two, the object is in
landing but in no book: `register_object` leaves pulled objects alone. The next pull begins at the
same cursor, so it puts the same key again, and registers that version.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from dataplatform.errors import SourceRejected, SourceUnavailable
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Cursor, LandedObject
from dataplatform.naming import pulled_prefix
from lambdas.api_pages import Page, PageFormat, Record, instant, parse_page
from lambdas.api_sources import Client, request

MAX_ROWS: Final = 50_000
"""Records an object, more or less a page: so that a batch is made of few objects."""

MAX_BYTES: Final = 16 * 1024**2
"""Bytes an object before gzip, more or less a page: what a pull that dies has to pull again."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._=-]+")


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """How far a pull came: `more` says that the source has more than time allowed for."""

    rows: int
    more: bool


@dataclass(kw_only=True)
class Pull:
    """One pull of one dataset.

    options: of the dataset's SourcePlan. until: "" or the time before which records are wanted.
    landed: called after each object with the rows so far.
    """

    ledger: Ledger
    s3: Any
    client: Client
    bucket: str
    dataset: str
    options: dict[str, str]
    until: str
    time_is_up: Callable[[], bool]
    landed: Callable[[int], None] = field(default=lambda rows: None)

    def run(self) -> Pulled:
        """Land everything new, as far as time goes; at least one page.

        Raises:
            SourceUnavailable, SourceRejected: after landing what had been pulled until then.
            TransitionRefused: another pull of this dataset went on at the same time.
        """
        form = page_format(self.options)
        start = at = self.ledger.cursor(self.dataset)
        held: list[Record] = []
        size = rows = 0
        more = True
        while more:
            try:
                page = parse_page(self.client.get(request(self.options, at)), form, at)
            except (SourceUnavailable, SourceRejected):
                self._land(held, start)
                raise
            wanted, more = self._wanted(page)
            held += wanted
            size += sum(len(record.text) for record in wanted)
            at = held[-1].at if held else at
            stop = self.time_is_up()
            if held and (not more or stop or len(held) >= MAX_ROWS or size >= MAX_BYTES):
                self._land(held, start)
                rows += len(held)
                start, held, size = at, [], 0
                self.landed(rows)
            if stop:
                break
        return Pulled(rows=rows, more=more)

    def _wanted(self, page: Page) -> tuple[list[Record], bool]:
        """The page's records before `until`, and whether there may be more of them."""
        if not self.until:
            return list(page.records), page.more and bool(page.records)
        end = instant(self.until)[0]
        wanted: list[Record] = []
        for record in page.records:
            moment = instant(record.at.updated_at)[0]
            if moment is not None and end is not None and moment >= end:
                return wanted, False
            wanted.append(record)
        return wanted, page.more and bool(wanted)

    def _land(self, records: list[Record], start: Cursor | None) -> None:
        if not records:
            return
        key = object_key(self.dataset, start)
        lines = "".join(record.text + "\n" for record in records)
        body = gzip.compress(lines.encode(), compresslevel=6, mtime=0)
        put = self.s3.put_object(
            Bucket=self.bucket, Key=key, Body=body, ContentType="application/gzip"
        )
        landed = LandedObject(
            dataset=self.dataset,
            bucket=self.bucket,
            key=key,
            version=put.get("VersionId", ""),
            size=len(body),
            checksum=put["ETag"].strip('"'),
            arrived_at=self.ledger.now(),
        )
        self.ledger.land_pulled(landed, start, records[-1].at)


def page_format(options: dict[str, str]) -> PageFormat:
    """What the contract says of the source's answers."""
    return PageFormat(
        records_path=options["records_path"],
        has_more_path=options["has_more_path"],
        updated_column=options["updated_column"],
        id_column=options["id_column"],
        limit=int(options["limit"]),
    )


def object_key(dataset: str, start: Cursor | None) -> str:
    """`<dataset>/api/<date>/<cursor>.jsonl.gz`, by where the pull begins and nothing else."""
    if start is None:
        return f"{pulled_prefix(dataset)}start/start.jsonl.gz"
    place = f"{start.updated_at}_{start.id}"
    readable = _UNSAFE.sub("-", place)[:100]
    unique = hashlib.sha256(f"{start.updated_at}\0{start.id}".encode()).hexdigest()[:8]
    date = _UNSAFE.sub("-", start.updated_at[:10])
    return f"{pulled_prefix(dataset)}{date}/{readable}-{unique}.jsonl.gz"
