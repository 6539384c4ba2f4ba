"""What `weir bench --list` says."""

from __future__ import annotations

import sys

import pytest

from benchmarks import __main__ as bench


def test_each_benchmark_says_what_it_measures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["weir bench", "--list"])
    bench.main()
    out = capsys.readouterr().out
    assert all(f"\n{name} " in f"\n{out}" for name in bench.BENCHMARKS)
    assert all(bench.told().values())
