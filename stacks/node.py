"""How the CDK's Node is started: with the rules' engine told what suits so short a run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_VARIABLE: Final = "NODE_OPTIONS"
FIRST: Final = Path(__file__).with_name("engine.cjs")


def prepare() -> None:
    """Have Node load `engine.cjs` first, beside what the user has it do.

    To be called before the CDK's library is imported, which starts Node; later it changes nothing.
    """
    option = f'--require "{FIRST.as_posix()}"'
    given = os.environ.get(_VARIABLE, "")
    if option not in given:
        os.environ[_VARIABLE] = f"{given} {option}".lstrip()
