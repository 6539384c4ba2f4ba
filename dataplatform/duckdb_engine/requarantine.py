"""Quarantine follows what a backfill finds: a record is there where today's rules refuse it.

Records that are refused now and weren't become a batch of their own, as a replay's do: copied in
bronze under its id, in quarantine under its id, so that they can be replayed. Rows of records that
are good now are taken out. A record that stays refused keeps the row and the reasons that it has,
and one that a replay has taken is the replay's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyarrow as pa
from pyiceberg.expressions import EqualTo, Reference
from pyiceberg.manifest import DataFile

from dataplatform.adapters.iceberg.files import DataFiles
from dataplatform.adapters.iceberg.tables import append_once, committed, open_table, replace_once
from dataplatform.backfilling import Replayed, place_of, refused_batch
from dataplatform.duckdb_engine.engine import Engine
from dataplatform.duckdb_engine.quarantine import records_of, sent
from dataplatform.duckdb_engine.sizing import SILVER_EXPANSION, refuse_large
from dataplatform.duckdb_engine.sql import literal, quoted
from dataplatform.duckdb_engine.tables import LakeTable
from dataplatform.duckdb_engine.views import AT, FILE
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import BackfillCounts, Rejudged
from dataplatform.ledger.staging import Staged, staged_properties
from dataplatform.naming import OUTCOMES_PROPERTY, BronzeColumn
from dataplatform.plans.model import SilverPlan

_BATCH: Final = BronzeColumn.BATCH_ID.value
_ID: Final = "object, version, position"
"""What tells a record from every other of its dataset, however often a replay has copied it."""


@dataclass(frozen=True)
class _Found:
    """Files that hold rows to be taken out, and how many of which batch."""

    files: list[DataFile]
    released: dict[str, int]
    refused: int


class Requarantine:
    """Of the records in the view `typed`, whose rows of bronze are in the view `bronze`.

    Args:
        run: stands as the run of the rows that are written.
        mark: of the chunk; its commit is found by it.
    """

    def __init__(self, engine: Engine, ledger: Ledger, plan: SilverPlan, run: str, mark: str):
        self._engine = engine
        self._ledger = ledger
        self._plan = plan
        self._run = run
        self._mark = mark
        self._batch = refused_batch(plan.dataset, mark)
        self._replayed = Replayed(ledger)

    def follow(self) -> BackfillCounts:
        """Set quarantine to what the chunk has found, once, and tell the books.

        Raises:
            Overtaken: somebody rewrote the table or replays its rows meanwhile.
            TooLarge: memory and disk were full before it was done.
        """
        done = self._recorded()
        if done is None:
            found = self._find()
            done = Rejudged(self._batch, found.refused, found.released, self._place())
            if found.refused or found.released:
                self._write(found, done)
        self._ledger.rejudged(self._plan.dataset, self._run, self._mark, done)
        return BackfillCounts(quarantined=done.refused, released=sum(done.released.values()))

    def _recorded(self) -> Rejudged | None:
        """What an earlier attempt had committed."""
        summary = committed(open_table(self._plan.quarantine_table), self._mark)
        return None if summary is None else Rejudged.from_json(summary[OUTCOMES_PROPERTY])

    def _find(self) -> _Found:
        """Lay the views `waiting`, `freed` and `refused`."""
        engine, plan = self._engine, self._plan
        table = LakeTable.open(plan.quarantine_table)
        files = table.files(EqualTo(Reference("dataset"), plan.dataset))  # type: ignore[call-arg, arg-type]
        refuse_large(engine, plan.quarantine_table, files, expansion=SILVER_EXPANSION)
        places = table.view(engine, "quarantined", files, with_places=True)
        self._lay_verdicts()
        # Of all that is in quarantine, what the chunk has looked at.
        engine.execute(
            f"CREATE OR REPLACE TEMP TABLE seen AS SELECT q.{FILE}, q.{AT}, q.batch_id, "
            f"q.reasons, {_ID} FROM quarantined AS q SEMI JOIN "
            f"(SELECT {_ID} FROM passed UNION ALL SELECT {_ID} FROM failed) USING ({_ID})"
        )
        self._lay_taken()
        engine.execute(
            "CREATE OR REPLACE TEMP VIEW waiting AS "
            "SELECT * FROM seen ANTI JOIN taken USING (batch_id, reasons)"
        )
        engine.execute(
            "CREATE OR REPLACE TEMP TABLE freed AS "
            f"SELECT {FILE}, {AT}, batch_id FROM waiting SEMI JOIN passed USING ({_ID})"
        )
        # One of a record's copies speaks for it: the first that came.
        engine.execute(
            f"CREATE OR REPLACE TEMP TABLE refused AS SELECT {_ID}, {_BATCH}, _reasons "
            f"FROM failed ANTI JOIN waiting USING ({_ID}) ANTI JOIN passed USING ({_ID}) "
            f"QUALIFY row_number() OVER (PARTITION BY {_ID} "
            f"ORDER BY {BronzeColumn.ARRIVED_AT}, {_BATCH}) = 1"
        )
        numbers = engine.rows(f"SELECT DISTINCT {FILE} FROM freed")
        released = engine.rows("SELECT batch_id, count(*) FROM freed GROUP BY ALL")
        ((refused,),) = engine.rows("SELECT count(*) FROM refused")
        return _Found([places[number] for (number,) in numbers], dict(released), refused)

    def _lay_verdicts(self) -> None:
        """The views `passed` and `failed`: what today's rules say of the chunk's records."""
        place = f"{BronzeColumn.OBJECT} AS object, {BronzeColumn.VERSION} AS version, "
        place += f"{BronzeColumn.POSITION} AS position"
        self._engine.execute(
            f"CREATE OR REPLACE TEMP VIEW passed AS SELECT {place} FROM typed "
            "WHERE len(_reasons) = 0"
        )
        self._engine.execute(
            f"CREATE OR REPLACE TEMP VIEW failed AS SELECT {place}, _reasons, "
            f"{_BATCH}, {BronzeColumn.ARRIVED_AT} FROM typed WHERE len(_reasons) > 0"
        )

    def _lay_taken(self) -> None:
        """The table `taken`: batches and reasons of rows in `seen` that a replay has."""
        engine = self._engine
        engine.execute("CREATE OR REPLACE TEMP TABLE taken (batch_id VARCHAR, reasons VARCHAR)")
        kinds = engine.rows("SELECT DISTINCT batch_id, reasons FROM seen")
        for pair in self._replayed.among([(batch, reasons) for batch, reasons in kinds]):
            engine.execute("INSERT INTO taken VALUES (?, ?)", pair)

    def _place(self) -> int:
        names = self._engine.rows(f"SELECT DISTINCT {_BATCH} FROM refused")
        return place_of(self._ledger, (name for (name,) in names))

    def _write(self, found: _Found, done: Rejudged) -> None:
        """Copies to bronze first, where a replay looks for them; then quarantine in one commit."""
        plan = self._plan
        if found.refused:
            self._copy()
        table = open_table(plan.quarantine_table)
        with DataFiles(table, {"dataset": plan.dataset}) as files:
            for batch in self._engine.batches(self._staying(found)):
                files.write(_as(batch, files.arrow_schema))
            for batch in self._engine.batches(self._refused()):
                files.write(records_of(batch, plan, self._run, files.arrow_schema))
            self._replayed.check(plan.quarantine_table)
            replace_once(
                table,
                removed=found.files,
                added=files.finish(),
                mark=self._mark,
                properties={OUTCOMES_PROPERTY: done.to_json()},
            )

    def _copy(self) -> None:
        bronze = LakeTable.open(self._plan.bronze_table)
        columns = ", ".join(
            f"{literal(self._batch)} AS {_BATCH}" if name == _BATCH else f"b.{quoted(name)}"
            for name in bronze.columns
        )
        files = bronze.write(self._engine, self._of_bronze(columns, "bronze_whole"))
        append_once(
            open_table(self._plan.bronze_table),
            files,
            mark=self._batch,
            properties=staged_properties(
                self._batch, Staged(rows=sum(file.record_count for file in files))
            ),
        )

    def _of_bronze(self, columns: str, view: str) -> str:
        """Rows of bronze of the refused records, each once."""
        return (
            f"SELECT {columns} FROM {view} AS b JOIN refused AS r "
            f"ON b.{_BATCH} = r.{_BATCH} AND b.{BronzeColumn.OBJECT} = r.object "
            f"AND b.{BronzeColumn.VERSION} = r.version AND b.{BronzeColumn.POSITION} = r.position"
        )

    def _refused(self) -> str:
        columns = [f"b.{quoted(name)}" for name in sent(self._plan)]
        for column in (BronzeColumn.OBJECT, BronzeColumn.VERSION, BronzeColumn.POSITION):
            columns.append(f"b.{quoted(column)}")
        columns += [f"{literal(self._batch)} AS {_BATCH}", "r._reasons"]
        return self._of_bronze(", ".join(columns), "bronze")

    def _staying(self, found: _Found) -> str:
        """Rows of the files to be replaced that stay in quarantine."""
        numbers = ", ".join(str(self._engine.place(f.file_path).stem) for f in found.files)
        return (
            f"SELECT q.* FROM quarantined AS q ANTI JOIN freed AS f "
            f"ON q.{FILE} = f.{FILE} AND q.{AT} = f.{AT} WHERE q.{FILE} IN ({numbers or -1})"
        )


def _as(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    arrays = [batch.column(field.name).cast(field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
