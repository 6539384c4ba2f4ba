"""Verbs that the wrapper itself does: listed by `--help` here, done there."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
"""The project."""


def through_wrapper(verb: str, arguments: Sequence[str]) -> NoReturn:
    """Become `./weir <verb>`; only `python -m cli <verb>` comes by here."""
    sys.stdout.flush()
    wrapper = str(ROOT / "weir")
    os.execv(wrapper, [wrapper, verb, *arguments])
