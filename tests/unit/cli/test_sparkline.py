from __future__ import annotations

import pytest

from cli.sparkline import sparkline


@pytest.mark.parametrize(
    ("figures", "drawn"),
    [
        ([0, 1, 7, 8], "·▁▇█"),
        ([3], "█"),
        ([1, 1000], "▁█"),
        ([], ""),
        ([0, 0], ""),
    ],
)
def test_the_largest_is_full_and_the_smallest_is_seen(figures: list[int], drawn: str) -> None:
    assert sparkline(figures, "utf-8") == drawn


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "no-such-encoding"])
def test_a_terminal_without_blocks_gets_none(encoding: str) -> None:
    assert sparkline([1, 2], encoding) == ""
