"""CREATE, ALTER and DROP of schemas, tables and views."""

from __future__ import annotations

from sqlglot import exp

from embedded_aws.redshift.engine import catalog, queries, tables
from embedded_aws.redshift.engine.catalog import Relation
from embedded_aws.redshift.engine.transaction import Result, Transaction
from embedded_aws.redshift.engine.types import RedshiftType
from embedded_aws.redshift.errors import NotEmulated, SqlError


def create(work: Transaction, tree: exp.Create) -> Result:
    """CREATE SCHEMA, TABLE or VIEW."""
    if tree.args.get("replace"):
        raise NotEmulated("CREATE OR REPLACE")
    if tree.kind == "SCHEMA":
        return _create_schema(work, tree)
    if tree.kind in ("TABLE", "VIEW"):
        return _create_relation(work, tree)
    raise NotEmulated(f"CREATE {tree.kind}")


def drop(work: Transaction, tree: exp.Drop) -> Result:
    """DROP SCHEMA, TABLE or VIEW."""
    kind = str(tree.kind)
    if kind not in ("SCHEMA", "TABLE", "VIEW"):
        raise NotEmulated(f"DROP {kind}")
    for table in tree.args["tables"]:
        if kind == "SCHEMA":
            _drop_schema(work, tree, table)
        else:
            _drop_relation(work, tree, table)
    return Result()


def _drop_relation(work: Transaction, tree: exp.Drop, table: exp.Table) -> None:
    parts = queries.name_parts(table)
    relation = catalog.find(work.connection, parts)
    if relation is None:
        if tree.args.get("exists"):
            return
        raise SqlError(f'{str(tree.kind).title()} "{parts[-1]}" does not exist')
    work.privileges.require_owner(relation)
    work.write_target(parts)
    work.connection.execute(f"DROP {tree.kind} {relation.sql}")
    work.privileges.dropped(relation.schema, relation.name)


def alter(work: Transaction, tree: exp.Alter) -> Result:
    """ALTER TABLE: add, drop and rename columns, widen a VARCHAR, rename the table."""
    if tree.kind != "TABLE":
        raise NotEmulated(f"ALTER {tree.kind}")
    relation = work.write_target(queries.name_parts(tree.this))
    work.privileges.require_owner(relation)
    for action in tree.args["actions"]:
        _alter(work, relation, action)
    return Result()


def _alter(work: Transaction, relation: Relation, action: exp.Expr) -> None:
    match action:
        case exp.ColumnDef():
            tables.add_column(work.connection, relation, tables.spec_of(action))
        case exp.AlterColumn() if action.args.get("dtype"):
            if work.in_block:
                raise SqlError("ALTER TABLE ALTER COLUMN cannot run inside a transaction block")
            wanted = RedshiftType.of(action.args["dtype"])
            tables.widen(work.connection, relation, action.name.lower(), wanted)
        case exp.Drop() | exp.RenameColumn():
            work.connection.execute(f"ALTER TABLE {relation.sql} {action.sql('duckdb')}")
        case exp.AlterRename():
            name = action.this.name.lower()
            work.connection.execute(f"ALTER TABLE {relation.sql} RENAME TO {catalog.quoted(name)}")
            work.privileges.renamed(relation, name)
        case _:
            raise NotEmulated(f"ALTER TABLE … {action.sql('redshift')}")


def _create_schema(work: Transaction, tree: exp.Create) -> Result:
    name = (tree.this.db or tree.this.name).lower()
    if name in catalog.schemas(work.connection):
        if tree.args.get("exists"):
            return Result()
        raise SqlError(f'schema "{name}" already exists')
    if name in catalog.SYSTEM_SCHEMAS or name.startswith("pg_"):
        raise SqlError(f'unacceptable schema name "{name}"')
    work.privileges.require_superuser("create schemas")
    work.connection.execute(f"CREATE SCHEMA {catalog.quoted(name)}")
    work.privileges.created(name, "")
    return Result()


def _create_relation(work: Transaction, tree: exp.Create) -> Result:
    table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    temporary = any(tree.find_all(exp.TemporaryProperty))
    *qualifier, name = queries.name_parts(table)
    schema = catalog.TEMPORARY if temporary else (*qualifier, "public")[0]
    relation = Relation(schema, name)
    work.privileges.require_schema("CREATE", schema)
    if not temporary and schema not in catalog.schemas(work.connection):
        raise SqlError(f'schema "{schema}" does not exist')
    if catalog.find(work.connection, (schema, name)):
        if tree.args.get("exists"):
            return Result()
        raise SqlError(f'Relation "{name}" already exists')
    rows = _make(work, tree, relation)
    if not temporary:
        work.privileges.created(schema, name)
    return Result(rows)


def _make(work: Transaction, tree: exp.Create, relation: Relation) -> int:
    """The number of rows for CREATE TABLE AS, else -1."""
    if tree.kind == "VIEW":
        work.require_reads(tree, tree.this)
        query = queries.to_duckdb(tree.expression)
        work.connection.execute(f"CREATE VIEW {relation.sql} AS {query}")
    elif like := tree.find(exp.LikeProperty):
        source = catalog.resolve(work.connection, queries.name_parts(like.this))
        work.privileges.require("SELECT", source)
        columns = catalog.columns(work.connection, source)
        specs = [tables.ColumnSpec(c.name, c.type, c.nullable) for c in columns]
        tables.create(work.connection, relation, specs)
    elif tree.expression is not None:
        work.require_reads(tree, tree.this)
        return tables.create_as(work.connection, relation, queries.to_duckdb(tree.expression))
    else:
        tables.create(work.connection, relation, tables.specs_of(tree.this))
    return -1


def _drop_schema(work: Transaction, tree: exp.Drop, table: exp.Table) -> None:
    name = (table.db or table.name).lower()
    if name not in catalog.schemas(work.connection):
        if tree.args.get("exists"):
            return
        raise SqlError(f'schema "{name}" does not exist')
    work.privileges.require_superuser("drop schemas")
    cascade = " CASCADE" if tree.args.get("cascade") else ""
    work.connection.execute(f"DROP SCHEMA {catalog.quoted(name)}{cascade}")
    work.privileges.dropped(name, "")
