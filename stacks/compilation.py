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
from stacks.assets import ROOT
from stacks.kept import Kept

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
    kept = Kept(f"compiled-{names.stage}.json", _digest(root, names))
    text = kept.read()
    if text is not None:
        return PlatformPlan.from_json(text)
    from dataplatform.compiler.platform import compile_platform

    plan = compile_platform(root, names)
    kept.write(plan.to_json())
    return plan


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
