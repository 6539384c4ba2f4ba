"""MERGE, held to Redshift's rules: DuckDB's own MERGE allows much that Redshift refuses."""

from __future__ import annotations

import duckdb
from sqlglot import exp

from embedded_aws.redshift.engine import catalog
from embedded_aws.redshift.engine.queries import name_parts, to_duckdb
from embedded_aws.redshift.errors import SqlError


def check_form(tree: exp.Merge) -> None:
    """Refuse what can be told from the statement alone.

    Raises:
        SqlError: a WITH clause, an alias for the target, a subquery as source, conditions behind
            WHEN, or other clauses than one WHEN MATCHED and one WHEN NOT MATCHED … INSERT.
    """
    target, source = tree.this, tree.args["using"]
    if tree.args.get("with_"):
        raise SqlError("MERGE with a WITH clause is not supported")
    if not isinstance(target, exp.Table) or target.args.get("alias"):
        raise SqlError(f'syntax error at or near "{target.alias}"')
    if not isinstance(source, exp.Table):
        raise SqlError("Source of MERGE must be a table: a subquery is not supported")
    clauses = tree.args["whens"].expressions
    matched = [clause for clause in clauses if clause.args.get("matched")]
    others = [clause for clause in clauses if not clause.args.get("matched")]
    if len(matched) != 1 or len(others) != 1:
        raise SqlError("MERGE needs exactly one WHEN MATCHED and one WHEN NOT MATCHED clause")
    if any(clause.args.get("condition") or clause.args.get("source") for clause in clauses):
        raise SqlError('syntax error at or near "AND": MERGE clauses take no condition')
    update, insert = matched[0].args["then"], others[0].args["then"]
    if isinstance(update, exp.Update) and any(
        assignment.this.args.get("table") for assignment in update.expressions
    ):
        raise SqlError("MERGE UPDATE SET takes column names without their table")
    if not isinstance(insert, exp.Insert):
        raise SqlError("WHEN NOT MATCHED takes INSERT alone")


def check_tables(connection: duckdb.DuckDBPyConnection, tree: exp.Merge) -> None:
    """Refuse what the tables and their rows forbid.

    Raises:
        SqlError: the source is a view or the target itself, or two of its rows match one row.
    """
    source = catalog.resolve(connection, name_parts(tree.args["using"]))
    if not catalog.is_table(connection, source):
        raise SqlError("Source of MERGE must be a table: a view is not supported")
    if source == catalog.resolve(connection, name_parts(tree.this)):
        raise SqlError("Source and target of MERGE must be different tables")
    target, using = tree.this.sql("duckdb"), tree.args["using"].sql("duckdb")
    twice = connection.execute(
        f"SELECT 1 FROM {target} JOIN {using} ON {to_duckdb(tree.args['on'])} "
        f"GROUP BY {target}.rowid HAVING count(*) > 1 LIMIT 1"
    ).fetchone()
    if twice:
        raise SqlError("Found multiple matches to update the same tuple.")
