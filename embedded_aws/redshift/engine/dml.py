"""SELECT, INSERT, UPDATE, DELETE and MERGE."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from embedded_aws.redshift.engine import merge, queries
from embedded_aws.redshift.engine.transaction import Result, Transaction
from embedded_aws.redshift.engine.types import RedshiftType
from embedded_aws.redshift.errors import NotEmulated, SqlError

MAX_RESULT_ROWS: Final = 1_000_000


def query(work: Transaction, tree: exp.Query) -> Result:
    """Run a query; its rows are kept in memory.

    Raises:
        SqlError: also where there are more than `MAX_RESULT_ROWS`.
    """
    if tree.args.get("into"):
        raise NotEmulated("SELECT INTO")
    work.require_reads(tree)
    cursor = work.connection.execute(queries.to_duckdb(tree))
    found = cursor.description or ()
    names = queries.column_names(tree, [name for name, *_ in found])
    kinds = [RedshiftType.of_duckdb(str(kind)) for _, kind, *_ in found]
    columns = tuple(zip(names, kinds, strict=True))
    records = cursor.fetchmany(MAX_RESULT_ROWS + 1)
    if len(records) > MAX_RESULT_ROWS:
        raise SqlError("Query result size exceeds the limit of the Data API")
    return Result(len(records), columns, tuple(records))


def insert(work: Transaction, tree: exp.Insert) -> Result:
    """INSERT … VALUES or SELECT."""
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    relation = work.write_target(queries.name_parts(target))
    work.privileges.require("INSERT", relation)
    work.require_reads(tree, target)
    return _count(work, tree)


def update(work: Transaction, tree: exp.Update) -> Result:
    """UPDATE, also with FROM."""
    relation = work.write_target(queries.name_parts(tree.this))
    work.privileges.require("UPDATE", relation)
    work.require_reads(tree, tree.this)
    return _count(work, tree)


def delete(work: Transaction, tree: exp.Delete) -> Result:
    """DELETE, also with USING."""
    if not isinstance(tree.this, exp.Table):
        raise NotEmulated("DELETE without FROM")
    relation = work.write_target(queries.name_parts(tree.this))
    work.privileges.require("DELETE", relation)
    if tree.args.get("where"):
        work.privileges.require("SELECT", relation)
    work.require_reads(tree, tree.this)
    return _count(work, tree)


def merge_into(work: Transaction, tree: exp.Merge) -> Result:
    """MERGE, within Redshift's rules."""
    merge.check_form(tree)
    relation = work.write_target(queries.name_parts(tree.this))
    for privilege in ("SELECT", "INSERT", "UPDATE"):
        work.privileges.require(privilege, relation)
    work.require_reads(tree, tree.this)
    merge.check_tables(work.connection, tree)
    return _count(work, tree)


def truncate(work: Transaction, tree: exp.TruncateTable) -> Result:
    """Refused: in Redshift it commits the transaction that it stands in."""
    raise NotEmulated("TRUNCATE, which commits the transaction that it stands in,")


def _count(work: Transaction, tree: exp.Expr) -> Result:
    row = work.connection.execute(queries.to_duckdb(tree)).fetchone()
    return Result(int(row[0]) if row else 0)
