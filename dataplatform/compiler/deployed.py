"""The contracts of a plan that is in force, as far as a plan knows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dataplatform.compiler.gates import gates_of
from dataplatform.contracts.model import (
    BatchRule,
    Contract,
    ContractColumn,
    Quality,
    Rule,
    Server,
)
from dataplatform.contracts.nesting import part_path
from dataplatform.plans.model import Column, Gate, PlatformPlan, SilverPlan
from dataplatform.quality.model import Severity

_REQUIRED = "required"


def deployed_contracts(plan: PlatformPlan, known: Sequence[Contract]) -> tuple[Contract, ...]:
    """Contracts to be compared with those of the working tree.

    A plan has no roles, promises or rules in DQDL as a contract writes them: these are taken from
    `known`, the working tree's, so that no difference is told which isn't known to be one. Rules of
    batches are taken from there, too, where they make the gates that the plan has.
    """
    by_name = {contract.dataset: contract for contract in known}
    return tuple(
        _contract(dataset, by_name.get(dataset.dataset), plan.stage) for dataset in plan.datasets
    )


def _contract(plan: SilverPlan, known: Contract | None, stage: str) -> Contract:
    contract = Contract(
        file=f"contracts/{plan.domain}/{plan.dataset}.odcs.yaml",
        dataset=plan.dataset,
        domain=plan.domain,
        version=plan.version,
        digest=plan.digest,
        description=plan.description,
        columns=tuple(_column(column, plan) for column in plan.columns),
        primary_key=plan.primary_key,
        ordering=plan.ordering,
        partition_by=plan.partition_by,
        servers=(_server(plan),),
        engine=plan.engine,
        anomalies=plan.anomalies,
    )
    if known is None:
        return contract
    quality = {column.name: column.quality for column in known.columns}
    known_rules = replace(
        contract,
        file=known.file,
        columns=tuple(
            replace(column, quality=quality[column.name]) if column.name in quality else column
            for column in contract.columns
        ),
        servers=_servers(contract.server, known, stage),
        service_levels=known.service_levels,
        roles=known.roles,
        table_quality=known.table_quality,
        status=known.status,
    )
    return _with_gates(known_rules, plan)


def _with_gates(contract: Contract, plan: SilverPlan) -> Contract:
    """The contract with the rules of batches that the plan's gates are made of.

    A gate that no rule of the contract makes is a rule of its own, its figure as a query.
    """
    gates = [_asks(gate) for gate in gates_of(contract)[0]]
    if gates == [_asks(gate) for gate in plan.gates]:
        return contract
    made = dict(zip(gates, contract.quality.batch, strict=True))
    before = tuple(made.get(_asks(gate)) or _rule(gate) for gate in plan.gates)
    quality = Quality(batch=before, dqdl=contract.quality.dqdl)
    columns = tuple(replace(column, quality=Quality()) for column in contract.columns)
    return replace(contract, columns=columns, table_quality=quality)


def _asks(gate: Gate) -> tuple[object, ...]:
    """What a gate asks, whatever it is called."""
    return (gate.column, gate.operator, gate.bounds, gate.unit, gate.severity, gate.spark)


def _rule(gate: Gate) -> BatchRule:
    return BatchRule(
        metric="sql",
        column=gate.column,
        query=gate.spark,
        operator=gate.operator,
        bounds=gate.bounds,
        unit=gate.unit,
        severity=gate.severity,
    )


def _server(plan: SilverPlan) -> Server:
    source = plan.source
    return Server(
        kind=source.kind, format=source.format, options=tuple(sorted(source.options.items()))
    )


def _servers(deployed: Server, known: Contract, stage: str) -> tuple[Server, ...]:
    """The plan knows its own stage's server; those of other stages are what is known."""
    listed = known.servers
    if len(listed) == 1:  # which is every stage's, whatever environment it names
        listed = (replace(listed[0], environment=""),)
    others = (server for server in listed if server.environment != stage)
    return (*others, replace(deployed, environment=stage))


def _column(column: Column, plan: SilverPlan, path: str = "") -> ContractColumn:
    path = path or column.name
    return ContractColumn(
        name=column.name,
        type=column.type,
        required=column.required,
        description=column.description,
        classification=column.classification,
        id=column.id,
        field=column.field,
        format=column.format,
        zone=column.zone,
        rules=tuple(
            Rule(kind=check.kind, arguments=check.arguments, severity=check.severity)
            for check in plan.checks
            if check.column == path
            if (check.kind, check.severity) != (_REQUIRED, Severity.ERROR)
        ),
        parts=tuple(
            _column(part, plan, part_path(path, column.type, part.name)) for part in column.parts
        ),
    )
