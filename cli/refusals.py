"""What the migration would refuse of contracts and models, told before anything is synthesized.

The tables are asked by the migration's own words, so that nothing is refused here which it would
take. What can't be found out here (no platform, one that is broken) it finds out itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from cli.screen import Screen
from cli.target import ROOT, Target
from dataplatform.errors import InvalidInput, WeirError
from dataplatform.naming import QUARANTINE_TABLE, Zone
from dataplatform.plans.model import PlatformPlan
from dataplatform.settings import LakeSettings

_CANT_ASK = (BotoCoreError, ClientError, OSError)


def refuse_early(screen: Screen, stage: str, environment: Mapping[str, str]) -> None:
    """Compare the project with the tables that stand, where there are any.

    Args:
        environment: variables that lead to the platform; the process is left without them.

    Raises:
        InvalidContract: as the migration would say it, or synthesis.
        InvalidModel: as synthesis would say it.
    """
    with _reached(environment):
        target = Target(stage, embedded=True)
        try:
            deployed = target.plan
        except (WeirError, *_CANT_ASK):  # nothing is deployed, or by another version of Weir
            return
        with screen.task("contracts", "tables beside those deployed") as task:
            # late: the compiler and PyIceberg take seconds to import
            from stacks.compilation import compiled

            plan = compiled(ROOT, target.names)
            try:
                tables = _changed(target, deployed, plan)
            except InvalidInput:
                raise
            except (WeirError, *_CANT_ASK) as error:
                task.detail = f"left to the migration: {' '.join(str(error).split())}"
                return
            task.detail = f"{tables} to make or change" if tables else "no table changes"
            gone = _gone(deployed, plan)
            if gone:
                task.detail += f" · without a contract now: {len(gone)}"
    if gone:
        screen.say(
            f" [yellow]![/] No contract any more: {', '.join(gone)}. Nothing is ingested of what "
            "comes; tables, rows and books stay, and go on with the contract when it is back."
        )


def _gone(deployed: PlatformPlan, plan: PlatformPlan) -> list[str]:
    """Datasets of which nothing will be ingested any more."""
    stay = {each.dataset for each in plan.datasets}
    return [each.dataset for each in deployed.datasets if each.dataset not in stay]


def _changed(target: Target, deployed: PlatformPlan, plan: PlatformPlan) -> int:
    """How many tables would be made or changed.

    Raises:
        InvalidContract: one of them can't follow.
    """
    if plan.digest == deployed.digest:
        return 0
    from dataplatform.adapters.iceberg.definitions import definitions
    from dataplatform.adapters.iceberg.migration import applied_plans, refuse
    from dataplatform.adapters.iceberg.tables import catalog

    lake = _lake(target)
    before = {definition.name: definition for definition in definitions(deployed, lake)}
    wanted = [each for each in definitions(plan, lake) if before.get(each.name) != each]
    try:
        refuse(catalog(), wanted)
    except InvalidInput:
        records = target.names.table(Zone.QUARANTINE, QUARANTINE_TABLE)
        if plan.digest not in applied_plans(catalog(), records):  # to go back is never refused
            raise
    return len(wanted)


def _lake(target: Target) -> LakeSettings:
    zones = {f"{zone}_bucket": target.output(f"{zone.capitalize()}Bucket") for zone in Zone}
    ledger, plans = target.output("LedgerTable"), target.output("PlansUri")
    return LakeSettings(stage=target.stage, ledger_table=ledger, plans_uri=plans, **zones)


@contextmanager
def _reached(environment: Mapping[str, str]) -> Iterator[None]:
    """Point AWS clients that are made meanwhile elsewhere: synthesis is to need no account."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
