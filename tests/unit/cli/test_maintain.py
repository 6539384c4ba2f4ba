"""What a maintenance did is told in sizes that a person reads, of small tables, too."""

from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console

from cli import maintain
from cli.screen import Screen
from dataplatform.ledger.maintenance import TableMaintenance
from tests.unit.cli.conftest import FakeTarget


def done(name: str, **figures: Any) -> TableMaintenance:
    return TableMaintenance(
        run="r", table=f"weir_dev_silver.{name}", state="done", engine="pyiceberg", **figures
    )


def test_files_and_bytes_are_told_before_and_after() -> None:
    target: Any = FakeTarget()
    tables = [
        done("sales", rows=1200, files_before=9, files=1, bytes_before=2_400, bytes=900),
        done("stores", rows=25, files_before=1, files=1, bytes_before=5_300_000, bytes=5_300_000),
    ]
    console = Console(file=StringIO(), width=100, color_system=None)
    console.print(maintain._table(target, tables))
    assert isinstance(console.file, StringIO)
    rows = [" ".join(line.split()) for line in console.file.getvalue().splitlines()]
    assert rows[1].startswith("rows files size")
    assert rows[2].startswith("✓ silver.sales 1,200 9 → 1 2.4 kB → 900 B")
    assert rows[3].startswith("✓ silver.stores 25 1 5.3 MB")


def test_what_is_left_is_told_by_its_size() -> None:
    screen = Screen()
    screen.console = Console(file=StringIO(), width=100, color_system=None)
    maintain._say_of_orphans(screen, [done("sales", orphans=3, orphan_bytes=2_400)])
    assert isinstance(screen.console.file, StringIO)
    assert "Left: 3 files that no snapshot names, 2.4 kB." in screen.console.file.getvalue()
