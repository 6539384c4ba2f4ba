"""Parquet files of an Iceberg table, written as a stream: one row group is in memory at a time.

By PyArrow alone, since Spark's workers on Glue have no PyIceberg: whoever commits the files knows
what a table is. Functions write by this as well.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP_BYTES: Final = 32 * 1024 * 1024
"""Arrow bytes of one row group: what a writer holds in memory, beside the parts being sent."""

_TARGET: Final = "write.target-file-size-bytes"
_TARGET_DEFAULT: Final = 512 * 1024 * 1024
_ROWS_OF_GROUP: Final = 1024 * 1024
_OPTIONS: Final[Mapping[str, tuple[str, str | int]]] = {
    "compression": ("write.parquet.compression-codec", "zstd"),
    "data_page_size": ("write.parquet.page-size-bytes", 1024 * 1024),
    "dictionary_pagesize_limit": ("write.parquet.dict-size-bytes", 2 * 1024 * 1024),
    "write_batch_size": ("write.parquet.page-row-limit", 20_000),
}
"""Of PyArrow's writer, the table property that says it and Iceberg's default of that."""


class Output(Protocol):
    """An object being made: it exists once it is closed."""

    def write(self, data: Any) -> int:
        """Take bytes."""
        ...

    def tell(self) -> int:
        """Bytes written so far."""
        ...

    def close(self) -> None:
        """Make the object."""
        ...

    def discard(self) -> None:
        """Forget what was written; nothing where it is closed."""
        ...


@dataclass(frozen=True)
class Written:
    """A file that is there: `size` in bytes, and its footer."""

    location: str
    size: int
    footer: pq.FileMetaData

    @property
    def split_offsets(self) -> list[int]:
        """Where its row groups begin."""
        groups = (self.footer.row_group(n).column(0) for n in range(self.footer.num_row_groups))
        return [
            first.dictionary_page_offset if first.has_dictionary_page else first.data_page_offset
            for first in groups
        ]


class ParquetFiles:
    """Writes record batches to files of the target size; `finish` gives them.

    Args:
        schema: of the rows; each field has its Iceberg id, as PyArrow writes it to a file.
        properties: of the table.
        place: a file's name -> its location.
        create: location -> the object to be written there.
    """

    def __init__(
        self,
        schema: pa.Schema,
        properties: Mapping[str, str],
        *,
        place: Callable[[str], str],
        create: Callable[[str], Output],
    ) -> None:
        self.arrow_schema = schema
        self._options = writer_options(schema, properties)
        self._target = int(properties.get(_TARGET, _TARGET_DEFAULT))
        self._place, self._create = place, create
        self._id = uuid.uuid4()
        self._done: list[Written] = []
        self._held: list[pa.RecordBatch] = []
        self._held_bytes = 0
        self._location = ""
        self._output: Output | None = None
        self._writer: pq.ParquetWriter | None = None

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows that have `arrow_schema`; a column comes as a dictionary always, or never."""
        if not batch.num_rows:
            return
        self._held.append(batch)
        self._held_bytes += batch.nbytes
        if self._held_bytes >= ROW_GROUP_BYTES:
            self._flush()
            if self._output is not None and self._output.tell() >= self._target:
                self._close_file()

    def finish(self) -> list[Written]:
        """Close the last file; all of them."""
        self._flush()
        self._close_file()
        return self._done

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.discard()

    def discard(self) -> None:
        """Drop an unfinished upload; closed files are orphans, as after any failed commit."""
        if self._output is not None:
            self._output.discard()

    def _flush(self) -> None:
        if not self._held:
            return
        fields = zip(self.arrow_schema, self._held[0].schema.types, strict=True)
        held = pa.schema(
            field.with_type(kind) if pa.types.is_dictionary(kind) else field
            for field, kind in fields
        )
        rows = pa.Table.from_batches(self._held, schema=held).unify_dictionaries()
        self._held, self._held_bytes = [], 0
        if self._writer is None:
            self._location = self._place(f"{len(self._done):05d}-{self._id}.parquet")
            self._output = self._create(self._location)
            self._writer = pq.ParquetWriter(self._output, held, **self._options)
        self._writer.write(rows, row_group_size=_ROWS_OF_GROUP)

    def _close_file(self) -> None:
        if self._writer is None or self._output is None:
            return
        self._writer.close()
        self._output.close()
        footer = self._writer.writer.metadata
        self._done.append(Written(self._location, self._output.tell(), footer))
        self._writer, self._output = None, None


def writer_options(schema: pa.Schema, properties: Mapping[str, str]) -> dict[str, Any]:
    """How a table wants its files, in PyArrow's words."""
    level = properties.get("write.parquet.compression-level")
    found = {name: (properties.get(key), default) for name, (key, default) in _OPTIONS.items()}
    options: dict[str, Any] = {
        name: default if said is None else type(default)(said)
        for name, (said, default) in found.items()
    }
    if options["compression"] == "uncompressed":
        options["compression"] = "none"
    if any(_has_decimals(field.type) for field in schema):
        # What Iceberg asks for where a decimal is narrow. Glue's PyArrow doesn't know it: its
        # workers write texts.
        options["store_decimal_as_integer"] = True
    # Arrow's own schema in a file would say what was a dictionary, and PyArrow read it as one.
    options["store_schema"] = False
    return {**options, "compression_level": int(level) if level else None}


def _has_decimals(kind: pa.DataType) -> bool:
    inner = (kind.field(number).type for number in range(kind.num_fields))
    return pa.types.is_decimal(kind) or any(_has_decimals(one) for one in inner)
