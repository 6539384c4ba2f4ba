"""The compiled platform, kept from the last synthesis while nothing that it is made from changed.

Compiling and its libraries (sqlglot, pydantic) take half of the CPU time that a synthesis spends in
Python, and contracts change less often than stacks, functions and switches do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final

from dataplatform.naming import Names
from dataplatform.plans.model import PlatformPlan
from stacks.assets import BUILD, ROOT, text_file

_SOURCES: Final = ("contracts", "models")
_COMPILER: Final = "dataplatform"
_LIBRARIES: Final = (
    "jsonschema-rs",
    "open-data-contract-standard",
    "pydantic",
    "ruamel.yaml",
    "sqlglot",
)


def compiled(root: Path, names: Names) -> PlatformPlan:
    """The plan of `contracts/` and `models/` below a project's root for one stage.

    Raises:
        InvalidContract, InvalidModel: as `compile_platform`; what failed isn't kept.
    """
    made_from = _digest(root, names)
    file = f"compiled-{names.stage}.json"
    kept = _kept(BUILD / file, made_from)
    if kept is not None:
        return kept
    from dataplatform.compiler.platform import compile_platform

    plan = compile_platform(root, names)
    text = plan.to_json()
    text_file(file, f"{_seal(made_from, text)}\n{text}")
    return plan


def _kept(file: Path, made_from: str) -> PlatformPlan | None:
    """The plan in a file that was written whole, from these sources, and not touched since."""
    if not file.is_file():
        return None
    seal, _, text = file.read_text().partition("\n")
    return PlatformPlan.from_json(text) if seal == _seal(made_from, text) else None


def _seal(made_from: str, text: str) -> str:
    return hashlib.sha256(f"{made_from}\n{text}".encode()).hexdigest()


def _digest(root: Path, names: Names) -> str:
    """Of the sources, of the compiler and of the libraries that it reads and writes SQL with."""
    digest = hashlib.sha256(names.stage.encode())
    for library in _LIBRARIES:
        digest.update(f"{library}=={version(library)}\n".encode())
    for base, path in _files(root):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(base).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _files(root: Path) -> Iterator[tuple[Path, Path]]:
    for folder in _SOURCES:
        yield from ((root, path) for path in sorted((root / folder).rglob("*")) if path.is_file())
    for suffix in ("*.py", "*.json"):  # and the standard's schemas
        yield from ((ROOT, path) for path in sorted((ROOT / _COMPILER).rglob(suffix)))
