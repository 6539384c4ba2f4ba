"""What runs cost, in dollars as people read them: in all, and by dataset and model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress

from rich.table import Table

from cli.target import Target
from dataplatform.ledger.cost_shares import CostShares, cost_shares
from dataplatform.ledger.costs import PRICES, Cost, cost
from dataplatform.ledger.records import Step

WHOLE = "the run itself"
"""What is paid for no dataset or model alone: to open a run, to plan it, to close it."""


def cost_of(target: Target, run_id: str) -> Cost:
    """What a run has cost so far; of the maintenance, too."""
    return cost(target.ledger.usage(run_id))


def shares_of(target: Target, run_id: str, steps: Sequence[Step]) -> CostShares:
    """The same by dataset and model."""
    ledger = target.ledger
    usage, batches = ledger.usage(run_id), ledger.run_batches(run_id)
    known = {batch.batch_id for batch in batches} | {step.dataset for step in steps}
    for subject in sorted({used.subject for used in usage if used.subject} - known):
        with suppress(KeyError):  # a model is no batch
            batches.append(ledger.batch(subject))  # which a later run has taken up
    return cost_shares(usage, steps, batches, ledger.engines(run_id))


def of_run(shares: CostShares) -> Table:
    """A line for each dataset and model of a run, the dearest first."""
    table = Table(
        title="Cost by dataset and model", title_justify="left", title_style="bold", box=None,
        pad_edge=False, padding=(0, 2, 0, 0),
    )  # fmt: skip
    table.add_column("")
    table.add_column("")
    for name in ("cost", "Lambda", "Glue", "of all"):
        table.add_column(name, justify="right", no_wrap=True)
    listed = [("dataset", name, of) for name, of in shares.datasets.items()]
    listed += [("model", name, of) for name, of in shares.models.items()]
    listed.sort(key=lambda each: -each[2].total)
    whole = sum(of.total for _, _, of in listed) + shares.whole.total
    for kind, name, of in [*listed, ("", WHOLE, shares.whole)]:
        dollars = [in_dollars(amount) for amount in (of.total, of.functions, of.jobs)]
        table.add_row(name, f"[dim]{kind}[/]", *dollars, f"{of.total / whole:.0%}" if whole else "")
    return table


def dollars(spent: Cost) -> str:
    """`Cost $0.0042 at list prices of us-east-1: Lambda $0.0042, Glue $0`"""
    return (
        f"Cost {in_dollars(spent.total)} at list prices of {PRICES.region}: "
        f"Lambda {in_dollars(spent.functions)}, Glue {in_dollars(spent.jobs)}"
    )


def in_dollars(amount: float) -> str:
    """Two figures at least, however small: $0.00031, $0.015, $1.20."""
    if not amount:
        return "$0"
    decimals = max(2, 1 - math.floor(math.log10(amount)))
    return f"${amount:,.{decimals}f}"
