"""A gate keeps or stops, and says its figure as a person would."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dataplatform.quality.gates import broken_gates
from dataplatform.quality.model import Gate


def gate(operator: str, *bounds: str, unit: str = "rows", severity: str = "error") -> Gate:
    return Gate(
        name="g",
        column="",
        description="",
        operator=operator,
        bounds=bounds,
        unit=unit,
        severity=severity,
        spark="count(*)",
        duckdb="count(*)",
    )


@pytest.mark.parametrize(
    ("operator", "bounds", "kept", "broken"),
    [
        ("must_be", ("3",), ["3", "3.0"], ["2", "3.01"]),
        ("must_not_be", ("3",), ["2", "3.1"], ["3", "3.00"]),
        ("must_be_greater_than", ("3",), ["3.1"], ["3", "-4"]),
        ("must_be_greater_or_equal_to", ("3",), ["3", "9"], ["2.9"]),
        ("must_be_less_than", ("0.1",), ["0.09"], ["0.1", "0.11"]),
        ("must_be_less_or_equal_to", ("0.1",), ["0.1"], ["0.1000001"]),
        ("must_be_between", ("1", "3"), ["1", "2", "3"], ["0.9", "3.1"]),
        ("must_not_be_between", ("1", "3"), ["0.9", "3.1"], ["1", "2", "3"]),
    ],
)
def test_each_operator_on_both_sides_of_its_bounds(
    operator: str, bounds: tuple[str, ...], kept: list[str], broken: list[str]
) -> None:
    asked = gate(operator, *bounds)
    for figure in kept:
        assert broken_gates([asked], {"g": Decimal(figure)}) == (), figure
    for figure in broken:
        (verdict,) = broken_gates([asked], {"g": Decimal(figure)})
        assert verdict.stops


@pytest.mark.parametrize("figure", [None, Decimal("NaN")])
def test_a_figure_that_is_none_keeps_no_gate(figure: Decimal | None) -> None:
    (verdict,) = broken_gates([gate("must_not_be", "3")], {"g": figure})
    assert verdict.expected == "anything but 3"
    assert verdict.found.startswith("no value (") and "COALESCE" in verdict.found


def test_figures_are_told_with_their_unit_and_no_endless_digits() -> None:
    asked = gate("must_be_less_than", "5", unit="percent", severity="warning")
    (verdict,) = broken_gates([asked], {"g": Decimal(100) / 3})
    assert (verdict.found, verdict.expected) == ("33.333333 %", "less than 5 %")
    assert not verdict.stops
    (verdict,) = broken_gates([gate("must_be_between", "1", "9")], {"g": Decimal(269720)})
    assert str(verdict) == "g: 269,720; expected 1 to 9"
