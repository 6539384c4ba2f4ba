"""`weir new dataset`: a contract proposed from a sample, taken or left by a person."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import typer
from rich.markup import escape
from rich.prompt import Confirm
from rich.syntax import Syntax

from cli import own_samples
from cli.inference.document import contract_text
from cli.inference.model import Proposal, Sample
from cli.inference.propose import compiled, propose
from cli.inference.sources import located
from cli.screen import Exit, Screen, WrongUsage
from cli.wrapper import ROOT
from dataplatform.contracts.column_names import NAME, suggestion
from dataplatform.contracts.document import read
from dataplatform.contracts.loader import FOLDER, SUFFIX
from dataplatform.contracts.parser import MAX_DATASET
from dataplatform.errors import InvalidContract

_SHOWN_WIDTH: Final = 80


class Taken(WrongUsage):
    """There is a dataset of that name already; nothing is overwritten."""


def new_dataset(screen: Screen, name: str, origin: str, *, yes: bool) -> None:
    """Propose a contract for a sample and, if a person says so, write it and keep the sample.

    Raises:
        WrongUsage: the name can't be used. Taken: it is used already.
        UnusableSample: no contract can be made from the sample.
    """
    domain, dataset = named(name)
    contract = ROOT / FOLDER / domain / f"{dataset}{SUFFIX}"
    _check_free(contract, dataset)
    with tempfile.TemporaryDirectory(prefix="weir-new-") as room:
        with screen.task("sample", f"reading {origin}") as task:
            sample = located(origin, Path(room), task.show)
            proposal = propose(domain, dataset, sample, Path(room), task.show)
            task.detail = f"{proposal.records:,} records · {len(proposal.columns)} columns"
        text = contract_text(proposal)
        compiled(proposal, _shown(contract))  # raises rather than write what check would refuse
        _show(screen, proposal, text)
        kept = own_samples.place(dataset, sample.name)
        written = yes or _agreed(screen, contract)
        if written:
            _write(contract, text, sample, kept)
    screen.result(_result(proposal, contract, kept, written=written))
    if written:
        screen.say(f" Written: {_shown(contract)}   sample: {_shown(kept)} (git ignores it)")
        screen.say(" Next     ./weir up     (deploys it, lands the sample and runs the pipeline)")
    elif not screen.as_json:
        screen.say(" Nothing was written. Take the proposal as it is with --yes.")
        raise typer.Exit(Exit.FAILED)


def named(name: str) -> tuple[str, str]:
    """Domain and dataset of `sales/returns`.

    Raises:
        WrongUsage: they aren't names of the platform's kind.
    """
    domain, slash, dataset = name.partition("/")
    good = all(re.fullmatch(NAME, part) for part in (domain, dataset))
    if good and len(dataset) <= MAX_DATASET:
        return domain, dataset
    parts = (
        [suggestion(part) for part in (domain, dataset)] if slash else ["sales", suggestion(name)]
    )
    raise WrongUsage(
        f'"{name}" is no DOMAIN/NAME: lower-case letters, digits and underscores, '
        f"a name of at most {MAX_DATASET}",
        why="Tables, folders and functions are named after it.",
        remedy=f"Try: ./weir new dataset {'/'.join(parts)} --from …",
    )


def _check_free(contract: Path, dataset: str) -> None:
    for path in sorted((ROOT / FOLDER).rglob(f"*{SUFFIX}")):
        if path == contract or _declares(path, dataset):
            raise Taken(
                f"{_shown(path)} declares {dataset} already",
                why="A dataset has one contract, and nothing of yours is overwritten.",
                remedy="Choose another name, or move that file away first.",
            )


def _declares(path: Path, dataset: str) -> bool:
    try:
        schemas = read(path, path.name).data.get("schema")
    except InvalidContract:
        return False  # what is wrong with it, `contracts check` says
    first = schemas[0] if isinstance(schemas, list) and schemas else None
    return isinstance(first, dict) and first.get("name") == dataset


def _show(screen: Screen, proposal: Proposal, text: str) -> None:
    screen.say()
    width = min(screen.console.width, _SHOWN_WIDTH)
    screen.show(Syntax(text, "yaml", background_color="default", word_wrap=True, code_width=width))
    screen.say()
    accepted = proposal.records
    screen.say(
        f" [green]✓[/] all {accepted:,} records pass: held against this contract, one by one"
    )
    for note in proposal.notes:
        screen.say(f" [yellow]![/] {escape(note)}")


def _agreed(screen: Screen, contract: Path) -> bool:
    if screen.as_json or not screen.live:
        return False
    question = f"Write {_shown(contract)}?"
    return Confirm.ask(f" {question}", console=screen.console, default=True)


def _write(contract: Path, text: str, sample: Sample, kept: Path) -> None:
    """The sample first: a contract without one is whole, a sample without contract is nothing."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(sample.path, kept)
    contract.parent.mkdir(parents=True, exist_ok=True)
    contract.write_text(text, encoding="utf-8")


def _shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _result(proposal: Proposal, contract: Path, kept: Path, *, written: bool) -> dict[str, Any]:
    """The answer of `--json`; without `--yes` nothing is written."""
    columns = [
        {name: value for name, value in asdict(column).items() if name != "hints"}
        for column in proposal.columns
    ]
    return {
        "dataset": proposal.dataset,
        "domain": proposal.domain,
        "records": proposal.records,
        "rejected": proposal.rejected,
        "columns": columns,
        "key": list(proposal.key),
        "ordering": proposal.ordering,
        "notes": list(proposal.notes),
        "contract": _shown(contract),
        "sample": _shown(kept),
        "written": written,
    }
