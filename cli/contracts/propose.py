"""`weir contracts propose`"""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from cli.contracts.patch import Patch, proposed
from cli.screen import Screen, WrongUsage
from cli.target import ROOT, Target
from dataplatform.contracts.loader import load
from dataplatform.contracts.model import Contract


def propose(screen: Screen, stage: str | None, dataset: str | None, *, write: bool) -> None:
    """Show what contracts would say if their sources are right; `write` changes the files.

    Raises:
        InvalidContract: the project's contracts have problems of their own.
        WrongUsage: no contract has that name.
    """
    target = Target.choose(stage)
    patches = {
        contract.dataset: patch
        for contract in _chosen(load(ROOT), dataset)
        if (patch := _patch(target, contract))
    }
    if not patches:
        of = f" of {dataset}" if dataset else ""
        screen.say(f" No drift{of} is open: contracts say what was seen.")
    for name, patch in patches.items():
        _show(screen, name, patch)
        if write and patch.diff:
            (ROOT / patch.file).write_text(patch.after, encoding="utf-8")
            screen.done("written", patch.file, "")
    if any(patch.diff for patch in patches.values()):
        _say_next(screen, target, patches, written=write)
    screen.result(
        {
            "contracts": [
                {
                    "dataset": name,
                    "file": patch.file,
                    "added": patch.added,
                    "widened": patch.widened,
                    "asked": patch.asked,
                    "diff": patch.diff,
                    "written": write and bool(patch.diff),
                }
                for name, patch in patches.items()
            ]
        }
    )


def _chosen(contracts: Sequence[Contract], dataset: str | None) -> list[Contract]:
    chosen = [contract for contract in contracts if dataset in (None, contract.dataset)]
    if not chosen and dataset:
        names = ", ".join(contract.dataset for contract in contracts) or "there is none"
        raise WrongUsage(
            f"no contract of {dataset}",
            why="There is nothing to propose a change of.",
            remedy=f"Datasets: {names}",
        )
    return chosen


def _patch(target: Target, contract: Contract) -> Patch | None:
    """A proposal for a contract as it is in the project, which may be newer than what is deployed.

    None where nothing is open.
    """
    notes = target.ledger.open_drift(contract.dataset, contract.columns)
    if not notes:
        return None
    text = (ROOT / contract.file).read_text(encoding="utf-8")
    return proposed(contract.file, text, notes)


def _show(screen: Screen, name: str, patch: Patch) -> None:
    screen.say(f"[bold]{name}[/]   {patch.file}")
    for line in patch.diff.splitlines():
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        shown = escape(line)
        screen.say(f"[{colour}]{shown}[/]" if colour else shown)
    for question in patch.asked:
        screen.say(f" [yellow]?[/] {escape(question)}")
    screen.say()


def _say_next(screen: Screen, target: Target, patches: dict[str, Patch], *, written: bool) -> None:
    deploy = "./weir up" if target.embedded else f"./weir cdk deploy --all -c stage={target.stage}"
    if not written:
        screen.say(" To write it into the files: the same command with --write")
        return
    screen.say(f" Next    {deploy}     (the tables get the columns)")
    if any(patch.added for patch in patches.values()):
        screen.say("         Rows that came before get their values from bronze's _extra by:")
        for name in sorted(name for name, patch in patches.items() if patch.added):
            screen.say(f"         ./weir backfill {name} --from DAY --to DAY")
