"""The probe against the samples' own API over HTTP: told before a run takes a page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dataplatform.compiler.silver import silver_plan
from dataplatform.contracts.loader import load_files
from dataplatform.ledger import Ledger
from dataplatform.naming import Names
from dataplatform.plans.model import SilverPlan
from embedded_aws.samples.faults import FaultSequence, FaultSettings
from embedded_aws.samples.foodmart import Foodmart
from embedded_aws.samples.sales import SalesStore
from embedded_aws.samples.server import SalesApi
from lambdas.api_client import ApiClient
from lambdas.drift_alerts import DriftAlerts
from lambdas.probe_sources.logic import RECORDS, probe_sources
from tests.unit.support.foodmarts import small_jar
from tests.unit.support.plans import platform

CONTRACT = Path(__file__).parents[3] / "contracts/foodmart/sales.odcs.yaml"


@dataclass
class Source:
    """The running API, and what the probe said of it."""

    api: SalesApi
    url: str
    plan: SilverPlan
    ledger: Ledger

    def shape(self, **shape: Any) -> None:
        faults = self.api.faults
        faults.configure(faults.settings.changed({"shape": shape}))

    def probe(self) -> tuple[dict[str, Any], list[str]]:
        sent: list[str] = []
        alerts = DriftAlerts(
            ledger=self.ledger, stage="dev", send=lambda subject, text: sent.append(text)
        )

        def client(plan: SilverPlan) -> ApiClient:
            headers = {plan.source.options["key_header"]: self.api.key}
            url = f"{self.url}{plan.source.options['path']}"
            return ApiClient(url=url, headers=headers, seconds_left=lambda: 30)

        probed = probe_sources(self.ledger, platform((self.plan,)), client, alerts.tell)
        return probed, sent

    @property
    def asked(self) -> list[tuple[int, int]]:
        """Of each request, how many lines it asked for and got."""
        return [(line["limit"], line["rows"]) for line in self.api.store.requests()]


@pytest.fixture
def source(ledger: Ledger, tmp_path: Path) -> Iterator[Source]:
    foodmart = Foodmart.open(small_jar(tmp_path, more=40), tmp_path / "cache")
    store = SalesStore.open(tmp_path / "sales.sqlite", foodmart)
    api = SalesApi(store, FaultSequence(FaultSettings(rates={})), "key")
    server = api.server(0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    (contract,) = load_files([(CONTRACT, CONTRACT.name)])
    plan = silver_plan(contract, Names("dev"))
    try:
        yield Source(api, f"http://127.0.0.1:{server.server_address[1]}", plan, ledger)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        store.close()


def test_a_source_as_promised_is_asked_once_for_little_and_nothing_is_told(source: Source) -> None:
    assert source.probe() == ({"drift": {"sales": []}, "failed": {}}, [])
    assert source.asked == [(RECORDS, 45)]


@pytest.mark.parametrize(
    ("shape", "said", "breaking"),
    [
        ({"added": ["till"]}, 'new column "till" (string)', False),
        ({"dropped": ["store_cost"]}, "column store_cost is missing", True),
        (
            {"retyped": ["unit_sales"]},
            "column unit_sales is decimal(10,4), its values are string",
            True,
        ),
        (
            {"renamed": {"store_sales": "storeSales"}},
            'column store_sales is missing; "storeSales" looks like it',
            True,
        ),
    ],
)
def test_a_changed_shape_is_told_by_name_before_a_page_is_taken(
    source: Source, shape: dict[str, Any], said: str, breaking: bool
) -> None:
    source.shape(**shape)
    probed, sent = source.probe()
    assert probed == {"drift": {"sales": [said]}, "failed": {}}
    (text,) = sent
    assert ("BREAKING" in text, said in text) == (breaking, True)
    assert source.asked == [(RECORDS, 45)], "a look, no pull"
    assert source.ledger.cursor("sales") is None
    assert source.probe()[1] == [], "told once"


def test_a_source_that_is_well_again_says_nothing_more(source: Source) -> None:
    source.shape(dropped=["store_cost"])
    source.probe()
    source.shape()
    assert source.probe() == ({"drift": {"sales": []}, "failed": {}}, [])
