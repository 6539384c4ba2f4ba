"""CREATE and ALTER TABLE: Redshift's columns become DuckDB's, with lengths enforced by checks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb
from sqlglot import exp

from embedded_aws.redshift.engine import catalog
from embedded_aws.redshift.engine.catalog import ColumnInfo, Relation, literal, quoted
from embedded_aws.redshift.engine.types import RedshiftType
from embedded_aws.redshift.errors import NotEmulated, SqlError


@dataclass(frozen=True)
class ColumnSpec:
    """A column to be made. `identity` is (start, step); `default` is DuckDB SQL."""

    name: str
    type: RedshiftType
    nullable: bool = True
    default: str | None = None
    identity: tuple[int, int] | None = None

    @classmethod
    def of(cls, info: ColumnInfo) -> ColumnSpec:
        """The same column again."""
        return cls(info.name, info.type, info.nullable, info.default)

    def ddl(self) -> str:
        """DuckDB's column definition."""
        name = quoted(self.name)
        parts = [name, self.type.duckdb]
        if not self.nullable:
            parts.append("NOT NULL")
        if self.default is not None:
            parts.append(f"DEFAULT {self.default}")
        if self.type.is_text:
            # Redshift counts bytes, and refuses what doesn't fit.
            parts.append(f"CHECK (strlen({name}) <= {self.type.precision})")
        return " ".join(parts)


def create(
    connection: duckdb.DuckDBPyConnection, relation: Relation, specs: list[ColumnSpec]
) -> None:
    """Make the table; its column types stay readable in comments."""
    specs = [_with_sequence(connection, relation, spec) for spec in specs]
    names = [spec.name for spec in specs]
    if repeated := {name for name in names if names.count(name) > 1}:
        raise SqlError(f'column "{repeated.pop()}" specified more than once')
    temporary = "TEMPORARY " if relation.temporary else ""
    body = ", ".join(spec.ddl() for spec in specs)
    connection.execute(f"CREATE {temporary}TABLE {relation.sql} ({body})")
    _note_types(connection, relation, specs)


def create_as(connection: duckdb.DuckDBPyConnection, relation: Relation, query: str) -> int:
    """CREATE TABLE AS; gives the number of rows."""
    described = connection.execute(f"DESCRIBE {query}").fetchall()
    specs = [ColumnSpec(row[0].lower(), RedshiftType.of_duckdb(row[1])) for row in described]
    create(connection, relation, specs)
    row = connection.execute(f"INSERT INTO {relation.sql} {query}").fetchone()
    return int(row[0]) if row else 0


def specs_of(schema: exp.Schema) -> list[ColumnSpec]:
    """The columns that a CREATE TABLE declares; keys are notes to Redshift's planner, not rules."""
    keys = {
        column.name.lower()
        for constraint in schema.find_all(exp.PrimaryKey)
        for column in constraint.expressions
    }
    specs = [spec_of(item) for item in schema.expressions if isinstance(item, exp.ColumnDef)]
    return [replace(spec, nullable=spec.nullable and spec.name not in keys) for spec in specs]


def spec_of(column: exp.ColumnDef) -> ColumnSpec:
    """One declared column."""
    if column.kind is None:
        raise SqlError(f'column "{column.name}" has no type')
    nullable, default, identity = True, None, None
    for constraint in column.args.get("constraints") or []:
        kind = constraint.kind
        if isinstance(kind, exp.NotNullColumnConstraint):
            nullable = bool(kind.args.get("allow_null"))
        elif isinstance(kind, exp.PrimaryKeyColumnConstraint):
            nullable = False
        elif isinstance(kind, exp.DefaultColumnConstraint):
            default = kind.this.sql("duckdb")
        elif isinstance(kind, exp.GeneratedAsIdentityColumnConstraint):
            identity, nullable = (_number(kind, "start"), _number(kind, "increment")), False
        elif not isinstance(kind, exp.UniqueColumnConstraint | exp.Reference):
            raise NotEmulated(f"column option {kind.sql('redshift')}")
    type_ = RedshiftType.of(column.kind)
    return ColumnSpec(column.name.lower(), type_, nullable, default, identity)


def add_column(connection: duckdb.DuckDBPyConnection, relation: Relation, spec: ColumnSpec) -> None:
    """ALTER TABLE ADD COLUMN."""
    existing = [ColumnSpec.of(info) for info in catalog.columns(connection, relation)]
    if any(column.name == spec.name for column in existing):
        raise SqlError(f'column "{spec.name}" of relation "{relation.name}" already exists')
    if not spec.nullable and spec.default is None:
        raise SqlError("ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default")
    _rebuild(connection, relation, existing, [*existing, spec])


def widen(
    connection: duckdb.DuckDBPyConnection, relation: Relation, name: str, wanted: RedshiftType
) -> None:
    """ALTER COLUMN TYPE, which Redshift allows for the length of VARCHAR alone."""
    existing = [ColumnSpec.of(info) for info in catalog.columns(connection, relation)]
    current = next((column for column in existing if column.name == name), None)
    if current is None:
        raise SqlError(f'column "{name}" of relation "{relation.name}" does not exist')
    if current.type.name != "varchar" or wanted.name != "varchar":
        raise SqlError(f'cannot alter type of column "{name}"')
    changed = [replace(c, type=wanted) if c.name == name else c for c in existing]
    _rebuild(connection, relation, existing, changed)


def _rebuild(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    before: list[ColumnSpec],
    after: list[ColumnSpec],
) -> None:
    """Copy the table into its new form: DuckDB can't add a checked column, nor change a check."""
    successor = Relation(relation.schema, f"{relation.name}__altered")
    create(connection, successor, after)
    kept = ", ".join(quoted(column.name) for column in before)
    connection.execute(f"INSERT INTO {successor.sql} ({kept}) SELECT {kept} FROM {relation.sql}")
    connection.execute(f"DROP TABLE {relation.sql}")
    connection.execute(f"ALTER TABLE {successor.sql} RENAME TO {quoted(relation.name)}")
    _note_types(connection, relation, after)


def _note_types(
    connection: duckdb.DuckDBPyConnection, relation: Relation, specs: list[ColumnSpec]
) -> None:
    for spec in specs:
        connection.execute(
            f"COMMENT ON COLUMN {relation.sql}.{quoted(spec.name)} IS "
            f"{literal(spec.type.formatted)}"
        )


def _with_sequence(
    connection: duckdb.DuckDBPyConnection, relation: Relation, spec: ColumnSpec
) -> ColumnSpec:
    if spec.identity is None:
        return spec
    start, step = spec.identity
    name = f"{catalog.HIDDEN}.{quoted(f'{relation.schema}.{relation.name}.{spec.name}')}"
    connection.execute(f"CREATE OR REPLACE SEQUENCE {name} START {start} INCREMENT {step}")
    return replace(spec, default=f"nextval({literal(name)})")


def _number(node: exp.Expr, name: str) -> int:
    value = node.args.get(name)
    return int(value.name) if value is not None else 1
