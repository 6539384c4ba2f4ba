"""What is known of a sample, and what a contract could say of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dataplatform.parsing.csv_form import RFC_4180, CsvForm


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A sample as it will be landed: a file that the platform's own parser takes.

    path: the file, which may lie in a temporary folder.
    name: its name in landing.
    format: csv or json (JSON Lines).
    origin: where it came from, as the user wrote it, without a password.
    types: of fields whose source says their type (Parquet, a database), in the platform's words.
    key: fields that the source itself calls the key.
    nullable: fields that may be missing by the source's own word, whatever the sample shows.
    descriptions: of fields, as the source has them.
    notes: what was done to the source on its way, or found in it, for people.
    csv: how a file of CSV is written.
    """

    path: Path
    name: str
    format: str
    origin: str
    types: Mapping[str, str] = dataclasses.field(default_factory=dict)
    key: tuple[str, ...] = ()
    nullable: frozenset[str] = frozenset()
    descriptions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    notes: tuple[str, ...] = ()
    csv: CsvForm = RFC_4180


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What all values of one field are like; None stands for what wasn't asked.

    field: its name in the source.
    values, missing: how many there are.
    distinct: roughly how many different ones.
    longest: characters.
    tests: those that every value passes: words of `profiling.TESTS`.
    before, after: most digits before and after the point, of plain numbers.
    low, high: of numbers, the least and the greatest, as text.
    patterns: share of the first values (0 to 1) that look like an email, phone, ip or uuid.
    few: all values where they are few, most frequent first.
    """

    field: str
    values: int
    missing: int
    distinct: int
    longest: int
    tests: frozenset[str]
    before: int = 0
    after: int = 0
    low: str = ""
    high: str = ""
    patterns: Mapping[str, float] = dataclasses.field(default_factory=dict)
    few: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProposedColumn:
    """A column of the proposal.

    field: its name in the source; type: as in `plans.model.Column`.
    format: as in `plans.model.Column`.
    hints: comments for people: why it is as it is, or words and a line of contract that would ask
        more of its values.
    parts: of an object its properties, of an array its element, which has no name.
    """

    name: str
    field: str
    type: str
    required: bool
    pii: bool = False
    description: str = ""
    format: str = ""
    hints: tuple[tuple[str, str], ...] = ()
    parts: tuple[ProposedColumn, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A contract before it is written.

    key: columns; empty where the whole sample shows none.
    likely_key: without a key, ids and a moment that identify each record of the sample.
    ordering: "" for order of arrival.
    records: how many the sample has; rejected: how many of them can't be read.
    notes: what a person should know before taking it.
    """

    domain: str
    dataset: str
    origin: str
    format: str
    columns: tuple[ProposedColumn, ...]
    key: tuple[str, ...]
    ordering: str
    records: int
    likely_key: tuple[str, ...] = ()
    rejected: int = 0
    notes: tuple[str, ...] = ()
    csv: CsvForm = RFC_4180
