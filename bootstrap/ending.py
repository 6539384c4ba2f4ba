"""Whom a program that is told to end has to tell: what it has started, and waits for."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import psutil


def interrupt_children() -> None:
    """Hand SIGTERM, which comes to one process alone, on as the Ctrl-C of a terminal.

    What has a process group of its own, such as an embedded AWS, is left to whoever takes it down.
    """
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            if os.getpgid(child.pid) == os.getpgrp():
                child.send_signal(signal.SIGINT)


def kill_children() -> None:
    """End at once whatever this process has started, and they in turn."""
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()
