"""`python -m cli`: a verb is run, and every end of it has an exit code."""

from __future__ import annotations

import signal

if __name__ == "__main__":  # Ctrl-C ends it without a traceback while it is still importing
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import os
import sys
from collections.abc import Callable
from typing import Any

import typer

from cli.app import app
from cli.screen import Exit, explain, plain_console
from dataplatform.errors import WeirError


def main(argv: list[str] | None = None) -> int:
    """Run a verb; every error that Weir explains ends as text and an exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    debug = "--debug" in arguments
    arguments = [word for word in arguments if word != "--debug"]
    return _guarded(lambda: app(arguments, prog_name="weir", standalone_mode=False), debug=debug)


def _guarded(call: Callable[[], Any], *, debug: bool) -> int:
    console = plain_console(stderr=True)
    try:
        code = int(call() or Exit.DONE)
        if code == Exit.INTERRUPTED:  # Typer's answer to Ctrl-C where it doesn't end the process
            raise KeyboardInterrupt
        return code
    except (typer.Exit, SystemExit) as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # `| head` has read enough; so Rich ends
            return Exit.DONE
        return int(getattr(ended, "exit_code", getattr(ended, "code", 0)) or 0)
    except (KeyboardInterrupt, typer.Abort):
        console.print(
            "\nInterrupted. What runs in the background goes on: ./weir status shows it, "
            "./weir down stops it.",
            soft_wrap=True,
        )
        return Exit.INTERRUPTED
    except WeirError as error:
        if debug:
            raise
        from cli.errors import exit_code  # late: it knows boto3, which --help doesn't need

        explain(console, error)
        return exit_code(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except Exception as error:  # the last resort: a person gets a line, --debug the traceback
        if debug:
            raise
        from cli.errors import unexpected

        return unexpected(console, error)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
