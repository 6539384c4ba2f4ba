"""Redshift SQL that brings a gold table which stands to its model's columns.

What Redshift changes in place is changed in place: a column more, a column less, a longer VARCHAR.
For any other type, which Redshift can't alter, a table is made anew beside the old one and takes
its rows and its name. A model that gives other values fills them with its next build.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dataplatform.plans.model import Column, GoldModel
from dataplatform.render.redshift import column_type, create_table, definition, quoted

Row = Mapping[str, Any]

COLUMNS_QUERY: Final = (
    "SELECT table_name, column_name, data_type, character_maximum_length, numeric_precision, "
    "numeric_scale FROM svv_columns WHERE table_schema = :schema"
)
"""Rows for `StandingColumn.of`; :schema is the schema's name."""

_FORMATTED: Final = {
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "boolean": "BOOLEAN",
    "double precision": "DOUBLE PRECISION",
    "date": "DATE",
    "timestamp without time zone": "TIMESTAMP",
}


@dataclass(frozen=True)
class StandingColumn:
    """A column of the warehouse. `type` as `redshift.column_type` writes it.

    length: bytes of a VARCHAR; None for other types.
    """

    name: str
    type: str
    length: int | None = None

    @classmethod
    def of(cls, row: Row) -> StandingColumn:
        """Read a row of `COLUMNS_QUERY`."""
        kind, name = str(row["data_type"]), str(row["column_name"])
        if kind == "character varying":
            length = int(row["character_maximum_length"])
            return cls(name, f"VARCHAR({length})", length)
        if kind == "numeric":
            return cls(name, f"DECIMAL({row['numeric_precision']}, {row['numeric_scale']})")
        return cls(name, _FORMATTED.get(kind, kind.upper()))


@dataclass(frozen=True)
class Following:
    """Statements by which a table follows its model.

    together: of one transaction.
    alone: each outside any transaction: Redshift alters a column's length in no block.
    """

    together: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()


def following(model: GoldModel, standing: Sequence[StandingColumn]) -> Following:
    """What has to be done to a model's table, which has the columns `standing`."""
    present = {column.name: column for column in standing}
    wanted = {column.name for column in model.columns}
    gone = [name for name in present if name not in wanted]
    retyped = [c for c in model.columns if _retyped(c, present)]
    if retyped:
        return Following(together=tuple(_made_anew(model, present, gone, retyped)))
    table = _qualified(model)
    return Following(
        together=(
            *(
                # Nullable, whatever the contract says: rows that are there have no value for it.
                f"ALTER TABLE {table} ADD COLUMN {definition(column, required=False)}"
                for column in model.columns
                if column.name not in present
            ),
            *(f"ALTER TABLE {table} DROP COLUMN {quoted(name)}" for name in gone),
        ),
        alone=tuple(
            f"ALTER TABLE {table} ALTER COLUMN {quoted(column.name)} TYPE {column_type(column)}"
            for column in model.columns
            if _longer(column, present.get(column.name))
        ),
    )


def _retyped(column: Column, present: Mapping[str, StandingColumn]) -> bool:
    standing = present.get(column.name)
    if standing is None or standing.type == column_type(column):
        return False
    # A text gets longer in place; one that gets shorter stays as it is: nothing is lost.
    return standing.length is None or column.type != "string"


def _longer(column: Column, standing: StandingColumn | None) -> bool:
    if standing is None or standing.length is None or column.type != "string":
        return False
    return int(column_type(column).removeprefix("VARCHAR(").rstrip(")")) > standing.length


def _made_anew(
    model: GoldModel,
    present: Mapping[str, StandingColumn],
    gone: Sequence[str],
    retyped: Sequence[Column],
) -> Iterator[str]:
    """A table with the model's columns takes the rows and the name of the one that stands.

    A value is taken over where the new type holds every value of the old one; else it is null until
    the model's next build, which finds the whole column changed.
    """
    schema, _, name = model.warehouse.table.partition(".")
    successor = f"{name}__next"
    kept = [
        column
        for column in model.columns
        if (standing := present.get(column.name)) is not None
        and (column not in retyped or _widens(standing.type, column_type(column)))
    ]
    values = ", ".join(
        f"CAST({quoted(c.name)} AS {column_type(c)})" if c in retyped else quoted(c.name)
        for c in kept
    )
    yield create_table(successor, model.columns, model.key, model.partition_by)
    yield (
        f"INSERT INTO {schema}.{quoted(successor)} ({', '.join(quoted(c.name) for c in kept)})\n"
        f"SELECT {values} FROM {schema}.{quoted(name)}"
    )
    yield f"DROP TABLE {schema}.{quoted(name)}"
    yield f"ALTER TABLE {schema}.{quoted(successor)} RENAME TO {quoted(name)}"


def _widens(old: str, new: str) -> bool:
    """Whether every value of a type is one of another, as an INTEGER is a BIGINT."""
    if (old, new) == ("INTEGER", "BIGINT"):
        return True
    if old.startswith("DECIMAL") and new.startswith("DECIMAL"):
        (precision, scale), (wider, same) = _digits(old), _digits(new)
        return scale == same and precision < wider
    return False


def _digits(decimal: str) -> tuple[int, int]:
    precision, scale = decimal.removeprefix("DECIMAL(").rstrip(")").split(", ")
    return int(precision), int(scale)


def _qualified(model: GoldModel) -> str:
    schema, _, name = model.warehouse.table.partition(".")
    return f"{schema}.{quoted(name)}"
