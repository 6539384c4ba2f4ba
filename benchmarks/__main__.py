"""`python -m benchmarks [NAME…] [--json]`: measures, and prints figures and ratios."""

from __future__ import annotations

import argparse
import json
import os
import platform as machine
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from benchmarks import (
    audit,
    checks,
    contract,
    cost,
    drift,
    engines,
    gold_refresh,
    growing,
    idle_run,
    maintenance,
    platform,
    scale,
    set_up,
    spark_among,
    spark_load,
    spark_settings,
    start,
    synthesis,
    wrapper,
)
from benchmarks.ending import orderly
from benchmarks.measure import Figure

BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {
    "wrapper": wrapper.run,
    "platform": platform.run,
    "set-up": set_up.run,
    "idle-run": idle_run.run,
    "engines": engines.run,
    "maintenance": maintenance.run,
    "gold-refresh": gold_refresh.run,
    "scale": scale.run,
    "cost": cost.run,
    "spark-load": spark_load.run,
    "spark-among": spark_among.run,
    "spark-settings": spark_settings.run,
    "growing": growing.run,
    "start": start.run,
    "synthesis": synthesis.run,
    "audit": audit.run,
    "contract": contract.run,
    "checks": checks.run,
    "drift": drift.run,
}

ALL = ("wrapper", "platform", "set-up")
"""What is measured where nothing is named; `platform` has an idle run in it."""


def main() -> None:
    """Run the benchmarks that are named, or all."""
    parser = argparse.ArgumentParser(prog="weir bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--list", action="store_true", help="what each measures; nothing is run")
    options = parser.parse_args()
    if options.list:
        listed = Table.grid(padding=(0, 2))
        for name, what in told().items():
            listed.add_row(name, what)
        _console().print(listed)
        return
    if unknown := [name for name in options.names if name not in BENCHMARKS]:
        parser.error(f"no benchmark {', '.join(unknown)}; known: {', '.join(BENCHMARKS)}")
    figures = [figure for name in options.names or ALL for figure in _measured(name)]
    if options.json:
        rows = [{**asdict(f), "ratio": f.ratio, "within": f.within} for f in figures]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return
    _console().print(_table(figures))


def _console() -> Console:
    """As wide as the terminal; 100 columns where there is none."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(width=100, highlight=False)


def told() -> dict[str, str]:
    """What each benchmark measures: the first sentence of its module."""
    texts = {name: sys.modules[run.__module__].__doc__ or "" for name, run in BENCHMARKS.items()}
    return {
        name: " ".join(text.split(".\n")[0].rstrip(".").split()) for name, text in texts.items()
    }


def _measured(name: str) -> list[Figure]:
    sys.stderr.write(f"measuring {name} …\n")
    return BENCHMARKS[name]()


def _table(figures: list[Figure]) -> Table:
    load = os.getloadavg()[0]
    today = datetime.now(UTC).date()
    title = f"{today} · {os.cpu_count()} cores · load {load:.1f} · {machine.platform(terse=True)}"
    table = Table(title=title, box=None, pad_edge=False, title_justify="left")
    for name in ("measured", "beside", "note"):
        table.add_column(name, overflow="fold")
    for name in ("figure", "target", "rival", "ratio"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in figures:
        table.add_row(
            each.name,
            each.rival,
            each.note,
            f"{each.value:.2f} {each.unit}",
            f"≤ {each.target:g}",
            f"{each.rival_value:.2f} {each.unit}",
            f"{each.ratio:.2f}",
        )
    return table


if __name__ == "__main__":
    orderly(main)
