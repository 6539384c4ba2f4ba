"""A look at what the next pull of each API would bring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dataplatform.drift.compare import compare
from dataplatform.drift.shape import Shape, shape_of_lines
from dataplatform.errors import WeirError
from dataplatform.ledger import Ledger
from dataplatform.plans.model import PlatformPlan, SilverPlan
from lambdas.api_pages import records_of
from lambdas.api_sources import Client, request
from lambdas.runtime import logger

RECORDS: Final = 50
"""Records asked for: more than a type needs to be judged by (`compare.EVIDENCE`)."""

log = logger("probe-sources")


def probe_sources(
    ledger: Ledger,
    plan: PlatformPlan,
    client_of: Callable[[SilverPlan], Client],
    tell: Callable[[SilverPlan], Any],
) -> dict[str, Any]:
    """Compare a few records of each API with the contract; note and tell what differs.

    A source that can't be asked is logged and left to the pull, which says so loudly; the others
    are asked all the same.

    Returns:
        {"drift": dataset -> what differs, in words; "failed": dataset -> why it wasn't asked}.
    """
    drift: dict[str, list[str]] = {}
    failed: dict[str, str] = {}
    for dataset in plan.datasets:
        if dataset.source.kind != "api":
            continue
        try:
            drift[dataset.dataset] = _probe(ledger, dataset, client_of(dataset))
        except WeirError as error:
            log.warning("not probed", extra={"dataset": dataset.dataset, "error": str(error)})
            failed[dataset.dataset] = error.what
            continue
        tell(dataset)  # also of what was noted before and couldn't be told then
    return {"drift": drift, "failed": failed}


def _probe(ledger: Ledger, plan: SilverPlan, client: Client) -> list[str]:
    shape = _shape(ledger, plan, client)
    found = compare(shape, plan) if shape else ()
    for each in found:
        ledger.note_drift(
            plan.dataset, each, seen_in=f"source {plan.source.options['source']}", objects=1
        )
    return [each.text for each in found]


def _shape(ledger: Ledger, plan: SilverPlan, client: Client) -> Shape | None:
    """Of the records that the next pull begins with; where there are none, of the source's first,
    which it sends in today's shape, too.
    """
    cursor, options = ledger.cursor(plan.dataset), plan.source.options
    limit = str(min(RECORDS, int(options["limit"])))
    lines = _records(client, options, request(options, cursor, limit))
    if not lines and cursor is not None:
        lines = _records(client, options, request(options, None, limit))
    return shape_of_lines(lines)


def _records(client: Client, options: dict[str, str], asked: dict[str, str]) -> list[str]:
    return records_of(client.get(asked), options["records_path"])
