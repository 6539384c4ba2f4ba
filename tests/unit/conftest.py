from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from botocore.loaders import create_loader
from pyspark.sql import SparkSession

from dataplatform.ledger import Ledger
from tests.unit.support.ledgers import Clock, credentials, ledgers
from tests.unit.support.redshift import Server
from tests.unit.support.spark import local_spark


@pytest.fixture(scope="session", autouse=True)
def models_are_read_once() -> Iterator[None]:
    """moto makes boto3 begin anew in each test, which would read megabytes of JSON each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", cache(create_loader))
        yield


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """No unit test reaches an account, whatever the developer is logged in to."""
    credentials(monkeypatch)


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    with local_spark() as session:
        yield session


@pytest.fixture(scope="session")
def redshift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    process = Server(tmp_path_factory.mktemp("redshift"))
    process.start()
    yield process
    process.stop()


@pytest.fixture
def opened(aws: None) -> Iterator[tuple[Ledger, Clock]]:
    with ledgers() as both:
        yield both


@pytest.fixture
def ledger(opened: tuple[Ledger, Clock]) -> Ledger:
    return opened[0]


@pytest.fixture
def clock(opened: tuple[Ledger, Clock]) -> Clock:
    return opened[1]
