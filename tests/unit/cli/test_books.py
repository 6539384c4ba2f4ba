"""What a run cost by dataset and model, and what is shown of a dataset that is held."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console, RenderableType

from cli import books as books_table
from cli import costs
from cli.screen import Exit
from dataplatform.ledger import Ledger
from dataplatform.ledger.audits import AuditNote
from dataplatform.ledger.cost_shares import CostShares
from dataplatform.ledger.costs import Cost
from dataplatform.ledger.records import DatasetBooks, Outcomes
from dataplatform.ledger.usage import Usage
from dataplatform.quality.verdicts import Verdict
from tests.unit.cli.conftest import RUN, FakeTarget, books
from tests.unit.support.ledgers import landed

Weir = Callable[..., tuple[int, str, str]]

HELD = DatasetBooks(
    dataset="stores", batches=1, unpublished=1, source=0, outcomes=Outcomes(), live=0,
    error="BatchHeld: stores is held: row_count is 25, expected over 30", staged=25,
)  # fmt: skip
NOTE = AuditNote(
    run_id=RUN.run_id, dataset="stores", state="held", batches=("b",), digest="d", rows=24
)
SHARES = CostShares(
    datasets={"sales": Cost(functions=0.0012, jobs=0.0147), "stores": Cost(functions=0.0001)},
    models={"fact_sales": Cost(functions=0.003)},
    whole=Cost(functions=0.0002),
)


def lines(shown: RenderableType) -> list[str]:
    console = Console(file=StringIO(), width=80, color_system=None)
    console.print(shown)
    assert isinstance(console.file, StringIO)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_what_is_dearest_comes_first_and_the_run_itself_last() -> None:
    assert lines(costs.of_run(SHARES)) == [
        "Cost by dataset and model",
        "cost Lambda Glue of all",
        "sales dataset $0.016 $0.0012 $0.015 83%",
        "fact_sales model $0.0030 $0.0030 $0 16%",
        "stores dataset $0.00010 $0.00010 $0 1%",
        "the run itself $0.00020 $0.00020 $0 1%",
    ]


def test_the_list_of_runs_says_what_each_cost(weir: Weir, target: FakeTarget) -> None:
    _, out, _ = weir("status", "--json")
    (run,) = json.loads(out)["runs"]
    assert run["cost"] == {"lambda": 0.000196, "glue": 0.0146667, "total": 0.0148627}


def test_a_run_says_what_each_dataset_cost(
    weir: Weir, target: FakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = Usage(run_id=RUN.run_id, step="weir-dev-merge-silver", meter="lambda", size=1024,
                 milliseconds=1000, subject="sales")  # fmt: skip
    monkeypatch.setattr(target.ledger, "usage", lambda run_id: [call, replace(call, subject="")])
    code, out, _ = weir("status", "--run", RUN.run_id, "--json")
    found = json.loads(out)["cost_by"]
    one = {"lambda": 0.0000169, "glue": 0.0, "total": 0.0000169}
    assert (code, found) == (Exit.DONE, {"datasets": {"sales": one}, "models": {}, "run": one})


def test_of_a_held_dataset_the_books_show_what_waits_not_zeros() -> None:
    rows = lines(books_table.of_run([books(quarantined=0), HELD], [NOTE]))
    assert rows[2:] == ["sales 10 10 0 0 0 0 10", "stores 25 held · · · · ·"]


@pytest.mark.parametrize(
    ("entry", "audits", "row"),
    [
        (replace(HELD, batches=0, unpublished=0, staged=0), [NOTE], "stores 24 held · · · · ·"),
        (HELD, [replace(NOTE, state="passed")], "stores 25 failed · · · · ·"),
        (replace(HELD, error=""), [], "stores 0 0 0 0 0 0 0"),
        (replace(HELD, batches=2, source=7), [NOTE], "stores 7 0 0 0 0 0 0"),
    ],
    ids=["taken up by a later run", "failed otherwise", "to be taken up", "published in part"],
)
def test_a_row_says_why_nothing_was_published(
    entry: DatasetBooks, audits: list[AuditNote], row: str
) -> None:
    assert lines(books_table.of_run([entry], audits))[-1] == row


def test_what_is_staged_and_not_published_is_in_the_books(ledger: Ledger) -> None:
    ledger.register_object(landed(dataset="stores"))
    batch = ledger.open_batch("run", "stores", ledger.due_objects("stores"))
    ledger.batch_staged(batch.batch_id, source=4, unreadable=1, rows=3)
    (entry,) = ledger.books("run")
    assert (entry.staged, entry.source, entry.unpublished) == (4, 0, 1)


def test_a_page_says_that_a_dataset_is_held_and_what_releases_it(
    weir: Weir, target: FakeTarget, page: Path
) -> None:
    target.ledger.entries = [HELD]
    target.ledger.notes = [NOTE]
    assert weir("status", "--html", str(page))[0] == Exit.DATA_WAITING
    text = page.read_text()
    assert "<td>25</td><td class=said colspan=6><b>held</b>: row_count is 25, expected" in text
    assert "expected over 30. If it is as it should be: <code>./weir run stores --accept" in text
    assert "<th>cost</th>" in text


FEW = Verdict(name="row_count", found="25", expected="over 30", severity="error")
CAUSE = "row_count: 25; expected over 30"


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("verb", [("status",), ("status", "--run", RUN.run_id)])
def test_what_holds_a_run_is_told_once(
    weir: Weir, target: FakeTarget, page: Path, verb: tuple[str, ...], waits: bool
) -> None:
    error = f"BatchHeld: stores is held: {CAUSE}"
    failed = replace(RUN, state="failed", error=f"stores: {error}\nMend it.")
    found = target.ledger.steps(RUN.run_id)
    target.ledger.steps = lambda run_id: [  # type: ignore[method-assign]
        *found,
        replace(found[-1], dataset="stores", state="failed", detail=f"stores is held: {CAUSE}"),
        replace(found[-1], name="close", dataset="", state="failed", detail=f"stores: {error}"),
    ]
    target.ledger.runs = lambda limit: [failed]  # type: ignore[method-assign]
    target.run = lambda run_id: failed  # type: ignore[method-assign]
    target.ledger.entries = [replace(HELD, error=error, batches=int(waits))]
    target.ledger.notes = [replace(NOTE, broken=(FEW,))]
    if not waits:
        target.ledger.held = dict  # type: ignore[method-assign]
    told = len(verb) > 1 or waits
    _, out, _ = weir(*verb)
    assert (out.count(CAUSE), "weir logs" in out) == (told, False)
    weir("status", "--run", RUN.run_id, "--html", str(page))
    assert page.read_text().split("<h2>Timeline")[0].count(CAUSE) == 1
    target.ledger.entries += [replace(books(quarantined=0), error="ClientError: throttled")]
    assert "Mend the cause, then ./weir run" in weir(*verb)[1]


def test_what_a_later_run_has_taken_up_needs_nobody(
    weir: Weir, target: FakeTarget, page: Path
) -> None:
    target.ledger.entries = [replace(HELD, batches=0, unpublished=0, staged=0)]
    target.ledger.notes = [NOTE]
    target.ledger.held = dict  # type: ignore[method-assign]
    code, out, _ = weir("status", "--run", RUN.run_id, "--html", str(page))
    assert code == Exit.DONE
    assert " stores was held by this run; a later one has taken it up." in out.splitlines()
    assert "A later run has taken it up." in page.read_text() and "--accept" not in out
    assert "--accept" not in page.read_text()


def test_a_batch_that_a_later_run_has_taken_up_is_still_its_datasets_cost(ledger: Ledger) -> None:
    ledger.register_object(landed(dataset="stores"))
    batch = ledger.open_batch("run", "stores", ledger.due_objects("stores"))
    for subject in (batch.batch_id, "stores", "sales", ""):
        ledger.used("run", "s", meter="lambda", size=1024, milliseconds=1000, subject=subject)
    ledger.adopt_batch(batch.batch_id, "later")
    assert ledger.run_batches("run") == []
    found = costs.shares_of(SimpleNamespace(ledger=ledger), "run", [])  # type: ignore[arg-type]
    assert list(found.datasets) == ["sales", "stores"]
    assert found.datasets["stores"].total == pytest.approx(2 * found.whole.total)
