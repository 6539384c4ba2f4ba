from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from embedded_aws.samples.faults import FaultSequence, FaultSettings
from embedded_aws.samples.foodmart import Foodmart
from embedded_aws.samples.sales import SalesStore
from embedded_aws.samples.server import SalesApi

QUIET = FaultSettings(rates={})


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


class Client:
    """One request a connection, as a caller without a pool makes it."""

    def __init__(self, port: int, key: str) -> None:
        self.port = port
        self.key = key

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"X-Api-Key": self.key, **headers})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers), json.loads(answer.read()))
        finally:
            connection.close()

    def page(self, **cursor: str | int) -> Answer:
        return self.ask(f"/v1/sales?{urlencode(cursor)}")

    def everything(self, limit: int) -> list[dict[str, Any]]:
        """All lines, asking again after a fault, as long as it is bounded."""
        lines: list[dict[str, Any]] = []
        cursor: dict[str, str | int] = {}
        for _ in range(400):
            try:
                answer = self.page(limit=limit, **cursor)
            except (http.client.HTTPException, ConnectionError):
                continue
            if answer.status != 200:
                continue
            lines += answer.body["data"]
            if not answer.body["has_more"]:
                return lines
            last = lines[-1]
            cursor = {"updated_since": last["updated_at"], "after_id": last["id"]}
        raise AssertionError("no end")


def serve(store: SalesStore, settings: FaultSettings) -> Iterator[Client]:
    server = SalesApi(store, FaultSequence(settings), "key").server(0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Client(server.server_address[1], "key")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        store.close()


@pytest.fixture
def client(small: Foodmart, tmp_path: Path) -> Iterator[Client]:
    yield from serve(SalesStore.open(tmp_path / "sales.sqlite", small), QUIET)


def test_each_line_has_an_id_even_where_two_are_equal(client: Client) -> None:
    lines = client.page().body["data"]
    ids = {"1997-0000001", "1997-0000002", "1997-0000003", "1998-0000001", "1998-12-0000001"}
    assert {line["id"] for line in lines} == ids
    assert lines[0] == {
        "id": "1997-0000001",
        "updated_at": "1997-01-01T00:01:37.000000Z",
        "product_id": 337,
        "time_id": 367,
        "customer_id": 6280,
        "promotion_id": 0,
        "store_id": 2,
        "store_sales": "1.5000",
        "store_cost": "0.5100",
        "unit_sales": "2.0000",
    }


def test_pages_follow_each_other_without_a_gap_or_a_repetition(client: Client) -> None:
    lines = client.everything(limit=2)
    cursors = [(line["updated_at"], line["id"]) for line in lines]
    assert cursors == sorted(set(cursors))
    assert len(lines) == 5


def test_the_last_page_says_that_it_is_the_last(client: Client) -> None:
    assert client.page(limit=5).body["has_more"] is False
    assert client.page(limit=4).body["has_more"] is True


def test_a_page_after_the_last_line_is_empty(client: Client) -> None:
    last = client.page().body["data"][-1]
    after = client.page(updated_since=last["updated_at"], after_id=last["id"])
    assert after.body == {"data": [], "has_more": False}


def test_times_in_another_zone_are_understood(client: Client) -> None:
    body = client.page(updated_since="1997-12-31T23:00:00-01:00").body
    assert [line["id"] for line in body["data"]] == ["1998-0000001", "1998-12-0000001"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=5001", "limit=x", "updated_since=yesterday", "since=1997-01-01"]
)
def test_a_wrong_question_is_told_what_is_wrong(client: Client, query: str) -> None:
    answer = client.ask(f"/v1/sales?{query}")
    assert answer.status == 400
    assert answer.body["error"]["message"]


def test_without_its_key_nothing_is_given(client: Client) -> None:
    client.key = "guess"
    assert client.page().status == 401


def test_an_edited_line_comes_again_once(client: Client) -> None:
    last = client.page().body["data"][-1]
    edited = client.ask("/_control/sales/1997-0000002", "PATCH", {"unit_sales": "7.0000"})
    assert edited.status == 200
    cursor = {"updated_since": last["updated_at"], "after_id": last["id"]}
    assert client.page(**cursor).body["data"] == [edited.body]
    assert edited.body["unit_sales"] == "7.0000"
    assert edited.body["store_sales"] == "1.5000"
    assert len(client.everything(limit=2)) == 5


@pytest.mark.parametrize(
    ("sale", "body", "status"),
    [
        ("1997-9999999", {"unit_sales": "1"}, 404),
        ("1997-0000001", {"customer_id": 1}, 400),
        ("1997-0000001", {"unit_sales": "many"}, 400),
        ("1997-0000001", {}, 400),
    ],
)
def test_an_edit_that_cannot_be_changes_nothing(
    client: Client, sale: str, body: dict[str, Any], status: int
) -> None:
    before = client.page().body
    assert client.ask(f"/_control/sales/{sale}", "PATCH", body).status == status
    assert client.page().body == before


def test_edits_and_the_log_outlive_the_server(small: Foodmart, tmp_path: Path) -> None:
    path = tmp_path / "sales.sqlite"
    for first in serve(SalesStore.open(path, small), QUIET):
        first.page(limit=3)
        first.ask("/_control/sales/1997-0000002", "PATCH", {"unit_sales": "7.0000"})
    for again in serve(SalesStore.open(path, small), QUIET):
        assert again.page().body["data"][-1]["unit_sales"] == "7.0000"
        assert len(again.ask("/_control/requests").body["requests"]) == 2


def test_the_log_tells_what_was_asked_and_given(client: Client) -> None:
    client.page(limit=3)
    client.page(updated_since="1998-01-01", after_id="x", limit=2)
    log = client.ask("/_control/requests").body["requests"]
    assert [(entry["rows"], entry["limit"], entry["status"]) for entry in log] == [
        (3, 3, 200),
        (2, 2, 200),
    ]
    assert log[1]["updated_since"] == "1998-01-01T00:00:00.000000Z"
    assert log[1]["after_id"] == "x"


def test_a_throttled_caller_is_told_when_to_come_again(client: Client) -> None:
    client.ask("/_control", "POST", {"rates": {"429": 1.0}})
    answer = client.page()
    assert answer.status == 429
    assert answer.headers["Retry-After"] == "1"


def test_a_broken_answer_is_a_500(client: Client) -> None:
    client.ask("/_control", "POST", {"rates": {"500": 1.0}})
    assert client.page().status == 500


def test_a_cut_answer_ends_before_its_length(client: Client) -> None:
    client.ask("/_control", "POST", {"rates": {"cut": 1.0}})
    with pytest.raises(http.client.IncompleteRead):
        client.page()
    assert client.ask("/_control/requests").body["requests"][-1]["rows"] == 0


def test_a_source_that_is_down_answers_nothing_until_it_is_up(client: Client) -> None:
    client.ask("/_control", "POST", {"down": True})
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        client.page()
    client.ask("/_control", "POST", {"down": False})
    assert client.page().status == 200


def test_a_closed_source_says_when_to_come_again(client: Client) -> None:
    client.ask("/_control", "POST", {"closed_for": 3600})
    answer = client.page()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "3600")
    client.ask("/_control", "POST", {"closed_for": 0})
    assert client.page().status == 200


def test_a_page_in_a_browser_controls_nothing(client: Client) -> None:
    refused = client.ask("/_control", "POST", {"down": True}, Origin="https://example.org")
    assert refused.status == 403
    assert client.ask("/_control").body["down"] is False


def test_wrong_settings_are_refused(client: Client) -> None:
    assert client.ask("/_control", "POST", {"dwon": True}).status == 400


def test_every_sale_is_given_once_whatever_faults_come(foodmart: Foodmart, tmp_path: Path) -> None:
    store = SalesStore.open(tmp_path / "sales.sqlite", foodmart)
    for client in serve(store, FaultSettings()):
        lines = client.everything(limit=5_000)
        log = client.ask("/_control/requests").body["requests"]
    assert len(lines) == len({line["id"] for line in lines}) == 86_837 + 164_558 + 18_325
    assert sum(entry["rows"] for entry in log) == len(lines)
    assert {entry["fault"] for entry in log} == {"", "429", "500", "cut"}
