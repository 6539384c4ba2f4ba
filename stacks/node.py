"""How the CDK's Node is started: with what suits so short a run, and what it compiled before."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_VARIABLE: Final = "NODE_OPTIONS"
_COMPILED: Final = "WEIR_COMPILED_MODULES"
FIRST: Final = tuple(
    Path(__file__).with_name(name) for name in ("direct.cjs", "engine.cjs", "modules.cjs")
)


def prepare() -> None:
    """Have Node load `direct.cjs` and its like first, beside what the user has it do.

    To be called before the CDK's library is imported, which starts Node; later it changes nothing.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    os.environ[_COMPILED] = str(cache / "weir" / "modules")
    for file in FIRST:
        option = f'--require "{file.as_posix()}"'
        given = os.environ.get(_VARIABLE, "")
        if option not in given:
            os.environ[_VARIABLE] = f"{given} {option}".lstrip()
