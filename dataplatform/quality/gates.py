"""A gate's figure held against its bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from dataplatform.quality.model import Gate, Operator, Unit
from dataplatform.quality.verdicts import Verdict

_KEPT: Final[Mapping[str, Callable[..., bool]]] = {
    Operator.BE: lambda found, bound: found == bound,
    Operator.NOT_BE: lambda found, bound: found != bound,
    Operator.BE_GREATER_THAN: lambda found, bound: found > bound,
    Operator.BE_GREATER_OR_EQUAL_TO: lambda found, bound: found >= bound,
    Operator.BE_LESS_THAN: lambda found, bound: found < bound,
    Operator.BE_LESS_OR_EQUAL_TO: lambda found, bound: found <= bound,
    Operator.BE_BETWEEN: lambda found, low, high: low <= found <= high,
    Operator.NOT_BE_BETWEEN: lambda found, low, high: not low <= found <= high,
}
EXPECTED: Final[Mapping[str, str]] = {
    Operator.BE: "{}",
    Operator.NOT_BE: "anything but {}",
    Operator.BE_GREATER_THAN: "more than {}",
    Operator.BE_GREATER_OR_EQUAL_TO: "at least {}",
    Operator.BE_LESS_THAN: "less than {}",
    Operator.BE_LESS_OR_EQUAL_TO: "at most {}",
    Operator.BE_BETWEEN: "{} to {}",
    Operator.NOT_BE_BETWEEN: "less than {} or more than {}",
}
"""What is expected, by operator, in words with a place for each bound."""

_NO_VALUE: Final = "no value (where that is well, the query's COALESCE says so)"
"""As of MAX of a batch without records."""

_LONG: Final = 20
"""Characters of a figure that a line has room for."""


def broken_gates(
    gates: Sequence[Gate], figures: Mapping[str, Decimal | None]
) -> tuple[Verdict, ...]:
    """Verdicts on the gates that a batch doesn't keep, in the contract's order.

    Args:
        figures: each gate's figure by its name; None keeps no gate.
    """
    return tuple(
        _verdict(gate, figures[gate.name]) for gate in gates if not _keeps(gate, figures[gate.name])
    )


def _keeps(gate: Gate, found: Decimal | None) -> bool:
    if found is None or found.is_nan():
        return False
    return _KEPT[gate.operator](found, *map(Decimal, gate.bounds))


def _verdict(gate: Gate, found: Decimal | None) -> Verdict:
    no_value = found is None or found.is_nan()
    return Verdict(
        name=gate.name,
        found=_NO_VALUE if no_value or found is None else _said(found, gate.unit),
        expected=EXPECTED[gate.operator].format(
            *(_said(Decimal(bound), gate.unit) for bound in gate.bounds)
        ),
        severity=gate.severity,
        description=gate.description,
    )


def _said(value: Decimal, unit: str) -> str:
    """As it is where that is short, else to six places: a share is a quotient."""
    text = f"{value:,f}"
    if len(text) > _LONG:
        try:
            text = f"{value.quantize(Decimal('0.000001')).normalize():,f}"
        except InvalidOperation:  # more digits than the context has
            text = f"{value:.6e}"
    return f"{text} %" if unit == Unit.PERCENT else text
