"""Waiting that takes no time."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest


def no_time(seconds: float) -> None:
    """Sleep that ends at once."""


def sleeping(
    monkeypatch: pytest.MonkeyPatch, module: str, sleep: Callable[[float], None] = no_time
) -> None:
    """Let one module sleep so, and no other: threads of other tests may still be asleep."""
    clock = SimpleNamespace(**{**vars(time), "sleep": sleep})
    monkeypatch.setattr(importlib.import_module(module), "time", clock)
