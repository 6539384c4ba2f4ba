"""`weir contracts check`: what synthesis would say, without synthesizing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import typer
from rich.markup import escape

from cli.screen import Exit, Screen, WrongUsage, number_of
from cli.wrapper import ROOT
from dataplatform.compiler.gates import rule_problems
from dataplatform.compiler.platform import compile_platform
from dataplatform.compiler.silver import silver_plan
from dataplatform.contracts.loader import SUFFIX, load, load_files
from dataplatform.contracts.model import Contract
from dataplatform.contracts.without_effect import without_effect
from dataplatform.errors import InvalidContract, InvalidInput, Problem
from dataplatform.naming import Names
from dataplatform.plans.model import SilverPlan

_ANY_STAGE = Names("dev")
"""A stage gives tables their names; what is wrong with a contract is wrong in each."""


@dataclass(frozen=True)
class Checked:
    """What was compiled, and every problem; with a problem, nothing counts as compiled.

    warnings: what is well, and does nothing here.
    """

    datasets: Sequence[SilverPlan] = ()
    models: int = 0
    problems: Sequence[Problem] = ()
    warnings: Sequence[Problem] = ()


def check(screen: Screen, paths: Sequence[Path]) -> None:
    """Check the project, or some of its contracts; ends with exit code 1 where there are problems.

    Raises:
        WrongUsage: a path that is no contract.
    """
    with screen.waiting("check", "reading contracts and models"):
        checked = check_files(paths) if paths else check_project(ROOT)
    for problem in checked.problems:
        screen.say(_shown("[red]✗[/]", problem))
    for warning in checked.warnings:
        screen.say(_shown("[yellow]![/]", warning))
    screen.say(_verdict(checked))
    screen.result(
        {
            **_counts(checked),
            "problems": [asdict(problem) for problem in checked.problems],
            "warnings": [asdict(warning) for warning in checked.warnings],
        }
    )
    if checked.problems:
        raise typer.Exit(Exit.FAILED)


def check_project(root: Path) -> Checked:
    """Compile all contracts and models below a project's root.

    Models are looked at once every contract is well: until then a column that they name may be
    missing for the contract's reasons, not for theirs.
    """
    try:
        plan = compile_platform(root, _ANY_STAGE)
    except InvalidInput as error:
        return Checked(problems=error.problems)
    return Checked(
        datasets=plan.datasets,
        models=len(plan.models) + len(plan.summaries),
        warnings=_warnings(load(root)),
    )


def check_files(paths: Sequence[Path]) -> Checked:
    """Compile some contracts by themselves.

    Raises:
        WrongUsage: a path that is no contract.
    """
    files = sorted({file for path in paths for file in _contracts(path)})
    try:
        contracts = load_files(((file, _name(file)) for file in files), rule_problems)
    except InvalidContract as error:
        return Checked(problems=error.problems)
    datasets = [silver_plan(contract, _ANY_STAGE) for contract in contracts]
    return Checked(datasets=datasets, warnings=_warnings(contracts))


def _warnings(contracts: Iterable[Contract]) -> list[Problem]:
    return [problem for contract in contracts for problem in without_effect(contract)]


def _contracts(path: Path) -> Iterable[Path]:
    found = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]
    if not found or not all(file.is_file() for file in found):
        raise WrongUsage(
            f"{path}: {'no contract is in this folder' if path.is_dir() else 'no such file'}",
            why="There is nothing to check.",
            remedy=f"A contract's name ends in {SUFFIX}; without a path all of them are checked.",
        )
    return found


def _name(file: Path) -> str:
    """As problems name it: from the project's root where it is below."""
    whole = file.resolve()
    return whole.relative_to(ROOT).as_posix() if whole.is_relative_to(ROOT) else str(file)


def _shown(mark: str, problem: Problem) -> str:
    what, *remedy = str(problem).splitlines()
    return "\n".join([f"{mark} {escape(what)}", *(escape(line) for line in remedy)])


def _verdict(checked: Checked) -> str:
    if checked.problems:
        files = len({problem.file for problem in checked.problems})
        count = len(checked.problems)
        mended = "it is" if count == 1 else "they are"
        return (
            f"\n{number_of(count, 'problem')} in {number_of(files, 'file')}. "
            f"Nothing is synthesized or deployed until {mended} mended."
        )
    counts = _counts(checked)
    if not checked.models:
        del counts["models"]
    counted = [number_of(count, name.rstrip("s")) for name, count in counts.items()]
    told = number_of(len(checked.warnings), "warning")
    well = f"all is well, with {told}" if checked.warnings else "all is well"
    return f"{', '.join(counted)}: {well}"


def _counts(checked: Checked) -> dict[str, int]:
    """Rules are the checks of each record and the gates of each batch."""
    counts = Counter(
        contracts=len(checked.datasets),
        columns=sum(len(dataset.columns) for dataset in checked.datasets),
        rules=sum(len(dataset.checks) + len(dataset.gates) for dataset in checked.datasets),
        models=checked.models,
    )
    return dict(counts)
