"""A contract that the deployed tables can't follow: refused, rolled back, and mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.embedded.faults import denied
from tests.embedded.harness import Platform
from tests.embedded.projects.copies import copied, deployed_unasked, synthesis_kept, up

pytestmark = pytest.mark.embedded

STACK = "weir-dev-catalog"
CONTRACT = "contracts/foodmart/promotions.odcs.yaml"
DISTRICT = """\
      - name: promotion_district_id
        logicalType: integer
        logicalTypeOptions:
          minimum: 0
"""
END = """\
      - name: end_date
        logicalType: date
"""
REFUSED = "promotion_district_id: type string; expected int or wider"
ALSO_REFUSED = "end_date: type string; expected date"


def test_a_contract_that_cannot_be_applied_is_rolled_back_and_its_mending_goes_on(
    platform: Platform, tmp_path: Path
) -> None:
    """First with a rollback that fails too: the migration may not speak to the warehouse."""
    books, snapshots, before = platform.books(), platform.snapshots(), status(platform)
    function = platform.target.names.resource("migrate-schemas")
    role = platform.client("lambda").get_function_configuration(FunctionName=function)["Role"]
    project = copied(tmp_path)
    contract = project / CONTRACT
    assert DISTRICT in contract.read_text()
    string = DISTRICT.replace("integer", "string").partition("        logicalTypeOptions")[0]
    assert END in contract.read_text()
    broken = contract.read_text().replace(DISTRICT, string)
    contract.write_text(broken.replace(END, END.replace("Type: date", "Type: string")))

    said = up(project, platform, code=1)
    assert REFUSED in said
    assert ALSO_REFUSED in said, "every problem"
    assert "synthesize" not in said, "told before anything was begun"
    assert status(platform) == before

    with synthesis_kept(platform):
        with denied(platform, role, "redshift-data:ExecuteStatement"):
            said = deployed_unasked(project, platform, code=1)
        assert REFUSED in said
        assert "couldn't be rolled back yet" in said
        assert status(platform) == "UPDATE_ROLLBACK_FAILED"

        said = deployed_unasked(project, platform, code=1)
        assert REFUSED in said
        assert ALSO_REFUSED in said
        assert "the failed one was rolled back" in said
        assert status(platform) == "UPDATE_ROLLBACK_COMPLETE"

    assert platform.json("up")["datasets"] == books
    assert platform.snapshots() == snapshots


def status(platform: Platform) -> str:
    stacks = platform.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return str(stacks[0]["StackStatus"])
