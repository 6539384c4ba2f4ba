"""A contract's rules of batches as gates, with both engines' SQL, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from sqlglot.errors import OptimizeError

from dataplatform.compiler.figures import one_figure, reads_own
from dataplatform.contracts.model import BatchRule, Contract
from dataplatform.errors import Problem
from dataplatform.naming import Zone
from dataplatform.plans.model import Column, Gate
from dataplatform.plans.sql_fields import name_fields
from dataplatform.plans.sql_file import SqlFile
from dataplatform.plans.sql_names import Schema, check_columns
from dataplatform.plans.sql_types import qualified
from dataplatform.quality.model import Unit
from dataplatform.quality.wording import described
from dataplatform.render.duckdb import expression_to_duckdb
from dataplatform.render.gates import spark_figure
from dataplatform.render.sql_rules import figure
from dataplatform.render.typed import Untranslatable


@lru_cache(maxsize=1024)
def gates_of(contract: Contract) -> tuple[tuple[Gate, ...], tuple[Problem, ...]]:
    """Every gate of a contract, in the order of its columns, and every problem of its SQL."""
    columns = {
        column.name: Column(name=column.name, type=column.type) for column in contract.columns
    }
    gates: list[Gate] = []
    problems: list[Problem] = []
    seen: Counter[str] = Counter()
    for rule in contract.quality.batch:
        name = f"{rule.column}.{rule.metric}" if rule.column else rule.metric
        seen[name] += 1
        if rule.metric == "sql":
            spark, duckdb = _of_query(contract, rule, columns, problems)
        else:
            spark = spark_figure(rule, columns)
            duckdb = expression_to_duckdb(spark)
        gates.append(
            Gate(
                name=name if seen[name] == 1 else f"{name}.{seen[name]}",
                column=rule.column,
                description=rule.description or described(rule),
                operator=rule.operator,
                bounds=rule.bounds,
                # A query's figure is what it says; nothing makes a share of it.
                unit=Unit.ROWS if rule.metric == "sql" else rule.unit,
                severity=rule.severity,
                spark=spark,
                duckdb=duckdb,
            )
        )
    return tuple(gates), tuple(problems)


def rule_problems(contract: Contract) -> tuple[Problem, ...]:
    """What is wrong with the SQL of a contract's rules: it is told when the contract is checked."""
    return gates_of(contract)[1]


def _of_query(
    contract: Contract, rule: BatchRule, columns: Mapping[str, Column], problems: list[Problem]
) -> tuple[str, str]:
    """The figure of a rule of type sql; empty (and problems) where it can't be evaluated."""
    schema: Schema = {Zone.SILVER.value: {contract.dataset: columns}}
    file = SqlFile(contract.file, contract.dataset, contract.domain, rule.query)
    with file.bounded():
        if told := _figure(file, contract.dataset, schema):
            return told
    problems += [_placed(problem, contract, rule) for problem in file.problems]
    return "", ""


def _figure(file: SqlFile, dataset: str, schema: Schema) -> tuple[str, str] | None:
    query = file.query("spark")
    if query is None or not reads_own(file, query, dataset):
        return None
    name_fields(query, schema)
    check_columns(file, query, schema)
    if file.problems:
        return None
    try:
        found = one_figure(file, qualified(query, schema))
        return figure(found, schema) if found is not None else None
    except OptimizeError as error:
        file.add(None, "", str(error), "columns that can be told apart")
    except Untranslatable as error:
        file.add(None, "", error.found, error.expected)
    return None


def _placed(problem: Problem, contract: Contract, rule: BatchRule) -> Problem:
    """A problem of the SQL where it stands in the contract."""
    named = f"{problem.field} " if problem.field not in ("", "(sql)") else ""
    return Problem(
        file=contract.file,
        line=rule.line,
        field=rule.field,
        found=problem.found if named.strip('`" ') in problem.found else f"{named}{problem.found}",
        expected=problem.expected,
        remedy=problem.remedy or "Write Spark SQL: SELECT COUNT(*) FROM ${object} WHERE …",
    )
