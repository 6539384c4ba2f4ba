"""In what gold tables, of lake and warehouse, differ between two plans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dataplatform.contracts.differences.difference import Weight
from dataplatform.contracts.differences.widening import widens
from dataplatform.plans.model import GoldModel


@dataclass(frozen=True, kw_only=True)
class GoldDifference:
    """One thing in which a gold table differs; `column` is "" for the table."""

    model: str
    column: str
    weight: Weight
    what: str


def gold_differences(
    before: Sequence[GoldModel], after: Sequence[GoldModel]
) -> tuple[GoldDifference, ...]:
    """By model, in the order of the newer plan; models that are gone last."""
    old = {model.name: model for model in before}
    found = [each for new in after for each in _differences(old.pop(new.name, None), new)]
    gone = (
        GoldDifference(
            model=name, column="", weight=Weight.BREAKING, what="gone; its tables stay as they are"
        )
        for name in old
    )
    return (*found, *gone)


def _differences(old: GoldModel | None, new: GoldModel) -> Iterator[GoldDifference]:
    def difference(weight: Weight, column: str, what: str) -> GoldDifference:
        return GoldDifference(model=new.name, column=column, weight=weight, what=what)

    if old is None:
        yield difference(Weight.ADDITIVE, "", f"new, {len(new.columns)} columns")
        return
    if old.key != new.key:
        what = f"key {', '.join(new.key)}, before {', '.join(old.key)}: give it another name"
        yield difference(Weight.BREAKING, "", what)
    types = {column.name: column.type for column in old.columns}
    for column in new.columns:
        before = types.pop(column.name, None)
        if before is None:
            yield difference(Weight.ADDITIVE, column.name, f"added, {column.type}")
        elif before != column.type:
            weight = Weight.COMPATIBLE if widens(before, column.type) else Weight.BREAKING
            yield difference(weight, column.name, f"{column.type}, before {before}")
    for name in types:
        yield difference(Weight.BREAKING, name, "gone")
