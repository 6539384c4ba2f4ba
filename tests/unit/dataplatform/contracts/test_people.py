"""Whom a contract names, whatever of the standard's forms it uses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataplatform.contracts.people import contact, tags
from tests.unit.support.contracts import ORDERS, contract

MEMBERS = [{"username": "ana", "role": "engineer"}, {"username": "bo", "role": "Owner"}]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({}, ""),
        ({"team": {"name": "Retail"}}, "team Retail"),
        ({"team": {"members": MEMBERS}}, "bo"),
        ({"team": MEMBERS}, "bo"),
        ({"team": MEMBERS[:1]}, "ana"),
        ({"support": [{"channel": "help", "url": "https://x"}]}, "help (https://x)"),
        ({"team": {"name": "Retail"}, "support": [{"channel": "help"}]}, "team Retail, help"),
    ],
)
def test_whom_to_ask_is_a_line(said: dict[str, Any], line: str) -> None:
    assert contact(said) == line


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "members", "username", "channel", "url", "tags"]), inner
        )
    ),
    max_leaves=8,
)


@given(team=_ANY, support=_ANY, filed=_ANY)
def test_no_shape_breaks_it(team: Any, support: Any, filed: Any) -> None:
    data = {"team": team, "support": support, "tags": filed, "schema": [{"tags": filed}]}
    assert isinstance(contact(data), str)
    assert all(isinstance(tag, str) for tag in tags(data))


def test_a_contract_has_them() -> None:
    found = contract(f"{ORDERS}team: {{name: Retail}}\ntags: [sales, daily, sales]\n")
    assert (found.contact, found.tags) == ("team Retail", ("sales", "daily"))
