"""What `./weir` runs: make what is missing for the verb, then become the command line.

Once all is there this costs some file reads; `os.execve` leaves no process of its own behind.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

_PROJECT = Path(__file__).resolve().parent.parent
# Run by path, from any directory: Python put bootstrap/ itself first.
sys.path[0] = str(_PROJECT)

from bootstrap import environment, locks, tools  # noqa: E402
from bootstrap.layout import Layout  # noqa: E402
from bootstrap.trouble import EXIT_CODE, Trouble, from_os_error  # noqa: E402

_WITH_TOOLS = frozenset(("up", "run", "test", "cdk", "bench", "doctor"))
_INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Prepare and hand over; returns an exit code only where nothing could be handed over to."""
    layout = Layout.of_machine(_PROJECT)
    verb = next((word for word in arguments if not word.startswith("-")), "")
    asks = "--help" in arguments or "-h" in arguments
    try:
        if verb == "lock" and not asks:
            uv = environment.ensure_uv(layout)
            locks.compile_all(uv, _PROJECT, upgrade="--upgrade" in arguments)
            return 0
        _prepare(layout, verb, asks=asks)
        _become(layout, verb, arguments, asks=asks)
    except Trouble as trouble:
        sys.stderr.write(f"{trouble}\n")
    except OSError as error:
        sys.stderr.write(f"{from_os_error(error, layout.cache)}\n")
    except KeyboardInterrupt:
        sys.stderr.write("\n✗ Interrupted. What was fetched is kept; the next call carries on.\n")
        return _INTERRUPTED
    return EXIT_CODE


def _prepare(layout: Layout, verb: str, *, asks: bool) -> None:
    wanted = locks.TEST if verb == "test" and not asks else locks.UP
    needs_tools = verb in _WITH_TOOLS and not asks
    if _is_ready(layout, wanted, needs_tools):
        return
    # Imported late: the file lock is for making things, and the quick way makes nothing.
    from bootstrap.alone import alone

    with alone(layout.cache):
        if not environment.is_ready(layout, wanted):
            environment.ensure(layout, wanted)
        if needs_tools and tools.read(layout) is None:
            tools.ensure(layout)


def _is_ready(layout: Layout, wanted: locks.Lock, needs_tools: bool) -> bool:
    python = environment.is_ready(layout, wanted)
    return python and (not needs_tools or tools.read(layout) is not None)


def _become(layout: Layout, verb: str, arguments: Sequence[str], *, asks: bool) -> None:
    # -P: a directory that a person stands in can't put its own modules in place of ours.
    command = [str(layout.python), "-P", "-m"]
    rest = list(arguments)
    checks = verb == "test" and not asks
    if checks:
        rest.remove(verb)  # the first: a later one is pytest's, as in `-k test`
    command.append("bootstrap.checks" if checks else "cli")
    sys.stdout.flush()
    os.execve(command[0], [*command, *rest], tools.variables(layout))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
