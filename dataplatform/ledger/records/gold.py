"""Gold tables, and how far the warehouse has followed them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ModelState:
    """A gold model as last built, and how far the warehouse has followed.

    sequences: dataset -> last published sequence that the model has consumed.
    rows: rows of the gold table at `snapshot`, in `files` of together `bytes`; loaded_rows: rows
    the warehouse counted after loading `loaded_snapshot`.
    """

    model: str
    run_id: str
    sequences: dict[str, int]
    snapshot: int
    rows: int
    digest: str
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    builds: int = 0
    built_at: str = ""
    files: int = 0
    bytes: int = 0
    loaded_run: str = ""
    loaded_snapshot: int = 0
    loaded_rows: int = 0
    loaded_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Load:
    """An export of changed gold rows that the warehouse hasn't merged yet.

    `rows` is what the warehouse's table must count afterwards.
    """

    model: str
    run_id: str
    build: int
    snapshot: int
    export_uri: str
    rows: int
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
