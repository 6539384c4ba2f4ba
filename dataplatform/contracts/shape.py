"""The shape of ODCS: its keys and the kinds of their values, before their meaning."""

from __future__ import annotations

import types
from typing import Any, Union, get_args, get_origin

from open_data_contract_standard.model import OpenDataContractStandard
from pydantic import BaseModel, ValidationError

from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings, did_you_mean

_KEYS_AND_VALUES = ("keys and values", "Write its keys below it, each with a value.")
_TYPES = {
    "string_type": ("text", "Put it into quotes."),
    "bool_type": ("true or false", "Write one of them, without quotes."),
    "bool_parsing": ("true or false", "Write one of them, without quotes."),
    "int_type": ("a whole number", "Write it in digits, without quotes."),
    "int_parsing": ("a whole number", "Write it in digits, without quotes."),
    "list_type": ("a list", "Begin each item with a dash."),
    "dict_type": _KEYS_AND_VALUES,
    "model_type": _KEYS_AND_VALUES,
}
"""Expectation and remedy of pydantic's types of error."""


def check_shape(findings: Findings) -> None:
    """Note keys that ODCS doesn't have (at any depth), repeated keys, values of a wrong kind."""
    for place in findings.document.repeated:
        findings.add(
            place,
            "each key once",
            found=f'"{place[-1]}" stands twice',
            remedy="Take one of them out: YAML keeps the last and says nothing.",
        )
    _unknown_keys(findings, OpenDataContractStandard, findings.document.data, ())
    known = {
        key: value
        for key, value in findings.document.data.items()
        if key in _keys(OpenDataContractStandard)
    }
    try:
        OpenDataContractStandard.model_validate(known)
    except ValidationError as error:
        for item in error.errors():
            place = _place(findings, item["loc"])
            expected, remedy = _TYPES.get(item["type"], (item["msg"], ""))
            findings.add(place, expected, remedy=remedy)


def _unknown_keys(findings: Findings, model: type[BaseModel], value: Any, place: Place) -> None:
    if not isinstance(value, dict):
        return
    keys = _keys(model)
    for key, inner in value.items():
        if key not in keys:
            findings.add(
                (*place, key),
                f"a key of ODCS: {', '.join(sorted(keys))}"
                if len(keys) <= 12
                else "a key of ODCS here",
                found=f'unknown key "{key}"',
                remedy=did_you_mean(key, keys) or "Take it out; a comment can keep it.",
            )
            continue
        for inner_model in _models(keys[key]):
            items = enumerate(inner) if isinstance(inner, list) else [(None, inner)]
            for index, item in items:
                inner_place = (*place, key) if index is None else (*place, key, index)
                _unknown_keys(findings, inner_model, item, inner_place)


def _keys(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The one model inside an annotation such as `list[Role] | None`; none where it's ambiguous."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (list, Union, types.UnionType):
        found = [model for part in get_args(annotation) for model in _models(part)]
        return found if len(found) == 1 else []
    return []


def _place(findings: Findings, location: tuple[int | str, ...]) -> Place:
    """Pydantic's location without the names of union members, which aren't in the document."""
    place: Place = ()
    for step in location:
        step = "schema" if step == "schema_" else step
        if findings.document.get((*place, step)) is None:
            break
        place = (*place, step)
    return place
