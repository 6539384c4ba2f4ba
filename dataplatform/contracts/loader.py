"""All contracts of a project, read together so that all their problems are reported together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from dataplatform.contracts.document import read
from dataplatform.contracts.model import Contract
from dataplatform.contracts.parser import parse
from dataplatform.contracts.references import reference_problems
from dataplatform.errors import InvalidContract, Problem

FOLDER = "contracts"
SUFFIX = ".odcs.yaml"
Check = Callable[[Contract], Sequence[Problem]]
"""What else can be wrong with a contract that was read, which only its compiler knows."""

_WHY = "No table can be made from them, so nothing was synthesized."


def load(root: Path, check: Check = lambda _: (), *, strict: bool = True) -> tuple[Contract, ...]:
    """Read every `contracts/**/*.odcs.yaml` below a project's root, sorted by dataset.

    Args:
        check: its problems are told together with those of reading.
        strict: as `parse` takes it.

    Raises:
        InvalidContract: with every problem of every file.
    """
    misnamed: list[Problem] = []
    files: list[tuple[Path, str]] = []
    for path in sorted((root / FOLDER).rglob("*.y*ml")):
        file = path.relative_to(root).as_posix()
        if path.name.endswith(SUFFIX):
            files.append((path, file))
        else:
            misnamed.append(_misnamed(file))
    return _loaded(files, misnamed, check, strict=strict, whole=True)


def load_files(
    files: Iterable[tuple[Path, str]], check: Check = lambda _: ()
) -> tuple[Contract, ...]:
    """Read contracts, each from its path under the name that problems call it by, as `load` does.

    Raises:
        InvalidContract: with every problem of every file.
    """
    return _loaded(files, [], check, strict=True, whole=False)


def _loaded(
    files: Iterable[tuple[Path, str]],
    problems: list[Problem],
    check: Check,
    *,
    strict: bool,
    whole: bool,
) -> tuple[Contract, ...]:
    contracts: list[Contract] = []
    for path, file in files:
        try:
            contract, found = parse(read(path, file), strict=strict)
        except InvalidContract as error:
            problems += error.problems
            continue
        problems += found
        if contract is not None:
            contracts.append(contract)
            problems += check(contract)
    problems += _same_names(contracts)
    if whole and strict and not problems:  # of a dataset that can't be read nothing is known
        problems += reference_problems(contracts)
    if problems:
        raise InvalidContract(sorted(problems, key=lambda problem: problem.file), why=_WHY)
    return tuple(sorted(contracts, key=lambda contract: contract.dataset))


def _same_names(contracts: list[Contract]) -> list[Problem]:
    first: dict[str, Contract] = {}
    problems = []
    for contract in contracts:
        other = first.setdefault(contract.dataset, contract)
        if other is not contract:
            problems.append(
                Problem(
                    file=contract.file,
                    line=None,
                    field="schema.name",
                    found=f'"{contract.dataset}", which {other.file} declares too',
                    expected="a name of its own for each dataset",
                )
            )
    return problems


def _misnamed(file: str) -> Problem:
    return Problem(
        file=file,
        line=None,
        field="(file)",
        found="a YAML file that isn't named as a contract",
        expected=f"a name that ends in {SUFFIX}",
        remedy="It would be passed over in silence; rename it, or move it out of contracts/.",
    )
