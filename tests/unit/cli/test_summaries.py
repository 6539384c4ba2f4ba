from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from cli.local import not_emulated
from cli.summaries import pivoted
from embedded_aws.state import StateDir


def test_a_pivot_has_a_column_a_year_and_the_change_from_first_to_last() -> None:
    rows = [
        {"region": "North", "year": 1998, "units": 3, "sales": Decimal("110.00")},
        {"region": "North", "year": 1997, "units": 2, "sales": Decimal("100.00")},
        {"region": "Mexico", "year": 1998, "units": 1, "sales": Decimal("5.00")},
    ]
    assert pivoted(rows, "year", "sales") == [
        {
            "region": "North",
            "1997": Decimal("100.00"),
            "1998": Decimal("110.00"),
            "change": "+10.0%",
        },
        {"region": "Mexico", "1997": None, "1998": Decimal("5.00"), "change": None},
    ]


def test_what_is_deployed_by_name_only_is_told_once_each(tmp_path: Path) -> None:
    assert not_emulated(tmp_path) == []
    path = StateDir.at(tmp_path).by_name_only
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"b": {"what": "VPC flow log"}, "a": {"what": "VPC flow log"}}))
    assert not_emulated(tmp_path) == ["VPC flow log"]
