"""What a person is told where Node ends before Python has all that it asked for.

jsii then reads an answer of no bytes, or writes to nobody, and its traceback tells neither.
"""

from __future__ import annotations

import atexit
import json
import sys
import threading
import traceback
from types import TracebackType
from typing import Final

_SAID: Final = """NodeEnded: Node, in which the CDK's library runs, ended before its work was done
  Nothing was synthesized.
  What Node said stands above. "heap out of memory", or nothing where the system killed it: free
  some memory and run it again. Anything else: mend what it names.
"""
_SECONDS: Final = 5
_SINK: Final = "process.stderr_sink"
"""jsii's thread that passes on what Node says."""


def explain() -> None:
    """From here on; to be called before jsii starts Node, whose own end is then told first."""
    ended = threading.Event()

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if _is_the_end(error, trace):
            ended.set()
            for thread in threading.enumerate():
                if thread.name == _SINK:
                    thread.join(_SECONDS)
        sys.__excepthook__(kind, error, trace)

    def say() -> None:
        if ended.is_set():
            sys.stderr.write(_SAID)

    atexit.register(say)  # what is registered first is called last: after jsii's own
    sys.excepthook = hook


def _is_the_end(error: BaseException, trace: TracebackType | None) -> bool:
    nothing = isinstance(error, json.JSONDecodeError) and not error.doc
    if not nothing and not isinstance(error, BrokenPipeError):
        return False
    modules = (frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(trace))
    return any(module.startswith("jsii.") for module in modules)
