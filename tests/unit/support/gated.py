"""Orders with a gate that a test can break."""

from __future__ import annotations

from dataclasses import replace

from dataplatform.plans.model import Gate, SilverPlan
from dataplatform.quality.profile import Figure, Measure
from dataplatform.render.profile import audit_sql
from tests.unit.support.contracts import spoiled
from tests.unit.support.merges import orders

_STATE = "      - name: state\n"


def gated(severity: str = "error", *, maximum: int = 100, more: str = "") -> SilverPlan:
    """Orders of which at most one may be closed, and none may be dearer.

    Args:
        more: columns in YAML.
    """
    plan = orders(spoiled(("maximum: 100", f"maximum: {maximum}"), (_STATE, more + _STATE)))
    closed = "count(CASE WHEN state = 'closed' THEN 1 END)"
    gate = Gate(
        name="sql",
        column="",
        description="few are closed",
        operator="must_be_less_or_equal_to",
        bounds=("1",),
        severity=severity,
        spark=closed,
        duckdb=closed,
    )
    assert plan.audit is not None
    asked = [*plan.audit.measures, Measure(figure=Figure.GATE, of=gate.name)]
    return replace(plan, gates=(gate,), audit=audit_sql(asked, [gate]))
