"""A contract compiled to the plan of its bronze and silver tables."""

from __future__ import annotations

from dataplatform.compiler.gates import gates_of
from dataplatform.contracts.model import Contract, ContractColumn, Server
from dataplatform.errors import InvalidContract, Problem
from dataplatform.naming import QUARANTINE_TABLE, Names, Zone
from dataplatform.plans.model import Column, Gate, SilverPlan, SourcePlan
from dataplatform.quality.checks import checks_of
from dataplatform.quality.profile import Measure, Watched, measures_of
from dataplatform.render.dqdl import ruleset
from dataplatform.render.duckdb import silver_to_duckdb
from dataplatform.render.profile import audit_sql
from dataplatform.render.spark import SparkRenderer

_RECORD = ("_checksum", "_position")
"""What identifies a record of a dataset without key: the object's bytes and the place in it."""


def silver_plan(contract: Contract, names: Names) -> SilverPlan:
    """Compile one dataset.

    Raises:
        InvalidContract: the SQL of a rule can't be evaluated (see `rule_problems`), or the stage
            has no server.
    """
    columns = tuple(map(_column, contract.columns))
    server = _server(contract, names.stage)
    checks = checks_of(contract)
    gates, problems = gates_of(contract)
    if problems:
        raise InvalidContract(problems, why="Its rules can't be asked, so nothing was synthesized.")
    key = contract.primary_key or _RECORD
    spark = SparkRenderer(columns, checks, key, contract.ordering, contract.partition_by).render()
    return SilverPlan(
        dataset=contract.dataset,
        domain=contract.domain,
        version=contract.version,
        digest=contract.digest,
        description=contract.description,
        source=SourcePlan(
            kind=server.kind,
            format=server.format,
            options=dict(server.options),
        ),
        columns=columns,
        primary_key=contract.primary_key,
        ordering=contract.ordering,
        partition_by=contract.partition_by,
        checks=checks,
        bronze_table=names.table(Zone.BRONZE, contract.dataset),
        silver_table=names.table(Zone.SILVER, contract.dataset),
        quarantine_table=names.table(Zone.QUARANTINE, QUARANTINE_TABLE),
        spark=spark,
        duckdb=silver_to_duckdb(spark, columns, checks, key),
        engine=contract.engine,
        freshness_minutes=_promised(contract, "freshness"),
        latency_minutes=_promised(contract, "latency"),
        gates=gates,
        ruleset=ruleset(columns, contract.primary_key, checks, gates, contract.quality.dqdl),
        anomalies=contract.anomalies,
        audit=audit_sql(_measures(contract, gates), gates),
        contact=contract.contact,
        tags=contract.tags,
        readers=_roles(contract, "read"),
        writers=_roles(contract, "write"),
    )


def _roles(contract: Contract, access: str) -> tuple[str, ...]:
    return tuple(sorted({grant.role for grant in contract.roles if grant.access == access}))


def _column(column: ContractColumn) -> Column:
    return Column(
        name=column.name,
        type=column.type,
        required=column.required,
        max_length=column.max_length,
        description=column.description,
        classification=column.classification,
        id=column.id,
        field=column.field,
        format=column.format,
        zone=column.zone,
        parts=tuple(map(_column, column.parts)),
    )


def _measures(contract: Contract, gates: tuple[Gate, ...]) -> tuple[Measure, ...]:
    watched = [
        Watched(
            name=column.name,
            type=column.type,
            key=column.name in contract.primary_key,
            classified=column.classification not in ("", "public", "internal"),
        )
        for column in contract.columns
    ]
    return measures_of(watched, gates, contract.anomalies)


def _server(contract: Contract, stage: str) -> Server:
    found = contract.server_of(stage)
    if found is None:
        having = ", ".join(sorted(server.environment for server in contract.servers))
        problem = Problem(
            file=contract.file,
            line=None,
            field="servers",
            found=f"servers of {having}",
            expected=f"one whose environment is {stage}, or one without environment",
            remedy="The one without is every other stage's.",
        )
        raise InvalidContract([problem], why="The dataset would come from nowhere.")
    return found


def _promised(contract: Contract, name: str) -> int | None:
    """A duration of the contract's service levels; None where it has none."""
    promised = [level.minutes for level in contract.service_levels if level.name == name]
    return next((minutes for minutes in promised if minutes is not None), None)
