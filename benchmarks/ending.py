"""A benchmark that is told to end takes down what it has brought up, by Ctrl-C or by SIGTERM."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import FrameType

from bootstrap.ending import interrupt_children

_INTERRUPTED = 130


def orderly(measure: Callable[[], None]) -> None:
    """Measure; told to end, leave every `with` and `finally` first, then exit with 130.

    A terminal's Ctrl-C reaches the verbs that a benchmark waits for as well. SIGTERM comes to this
    process alone, so it is handed on to them as Ctrl-C.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    # A script's `&` has it ignored, here and in all that is started from here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        measure()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted. What the benchmark had brought up is taken down.\n")
        sys.exit(_INTERRUPTED)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # A second one doesn't cut the taking down short. No SIG_IGN: children would inherit that.
    signal.signal(signal.SIGTERM, lambda *_: None)
    interrupt_children()
    raise KeyboardInterrupt
