"""What is deployed again after another project was: nothing of that one remains in the way."""

from __future__ import annotations

import pytest

from dataplatform.adapters.iceberg.tables import open_table
from tests.embedded.harness import Platform
from tests.embedded.projects.changes import (
    BRONZE_PROMOTIONS,
    SILVER_PROMOTIONS,
    Changed,
    Promotions,
)

pytestmark = [pytest.mark.embedded, pytest.mark.usefixtures("restored")]


def test_what_came_back_is_computed_anew(platform: Platform, changed: Changed) -> None:
    assert Promotions.of(platform) == changed.before
    for table in (SILVER_PROMOTIONS, BRONZE_PROMOTIONS):
        names = open_table(table).schema().column_names
        assert ("medium" in names, "media_type" in names) == (False, True)
