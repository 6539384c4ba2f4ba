"""The shape of ODCS: its keys and the kinds of their values, before their meaning."""

from __future__ import annotations

import types
from typing import Any, Union, get_args, get_origin

from open_data_contract_standard.model import OpenDataContractStandard
from pydantic import BaseModel, ValidationError

from dataplatform.contracts.document import Place
from dataplatform.contracts.findings import Findings
from dataplatform.contracts.kinds import kind_words
from dataplatform.suggestions import did_you_mean, nearest

_TYPES = {
    "string_type": kind_words("string"),
    "bool_type": kind_words("boolean"),
    "bool_parsing": kind_words("boolean"),
    "int_type": kind_words("integer"),
    "int_parsing": kind_words("integer"),
    "float_type": kind_words("number"),
    "float_parsing": kind_words("number"),
    "list_type": kind_words("array"),
    "dict_type": kind_words("object"),
    "model_type": kind_words("object"),
}
"""Expectation and remedy of pydantic's types of error."""

_UNIONS = (Union, types.UnionType)
_NUMBER, _WHOLE = kind_words("number")[0], kind_words("integer")[0]


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
        wanted: dict[Place, dict[str, str]] = {}
        for item in error.errors():  # of a union, one for each member
            expected, remedy = _TYPES.get(item["type"], (item["msg"], ""))
            wanted.setdefault(_place(findings, item["loc"]), {})[expected] = remedy
        for place, remedies in wanted.items():
            if _NUMBER in remedies:
                remedies.pop(_WHOLE, None)
            remedy, *others = remedies.values()
            expected = " or ".join(remedies)
            findings.add(place, expected, remedy="Write one of them." if others else remedy)


def _unknown_keys(findings: Findings, model: type[BaseModel], value: Any, place: Place) -> None:
    if not isinstance(value, dict):
        return
    keys = _keys(model)
    for key, inner in value.items():
        if key not in keys:
            findings.meant.add((*place, nearest(key, keys)))
            findings.add(
                (*place, key),
                f"a key of ODCS: {', '.join(sorted(keys))}"
                if len(keys) <= 12
                else "a key of ODCS here",
                found=f'unknown key "{key}"',
                remedy=_elsewhere(key, place)
                or did_you_mean(key, keys)
                or "Take it out; a comment can keep it.",
            )
            continue
        if isinstance(inner, dict) and _is_listed(keys[key]):
            continue  # a list without its dashes: what stands below isn't judged yet
        for inner_model in _models(keys[key]):
            items = enumerate(inner) if isinstance(inner, list) else [(None, inner)]
            for index, item in items:
                inner_place = (*place, key) if index is None else (*place, key, index)
                _unknown_keys(findings, inner_model, item, inner_place)


def _elsewhere(key: str, place: Place) -> str:
    """Where a key belongs that is the contract's own, and stands within something of it."""
    if not place or key not in _keys(OpenDataContractStandard):
        return ""
    return f"It is a key of the contract itself: write {key} at the left margin, beside schema."


def _keys(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _is_listed(annotation: Any) -> bool:
    """Whether an annotation is `list[Role] | None`, with nothing but a list to choose."""
    parts = get_args(annotation) if get_origin(annotation) in _UNIONS else (annotation,)
    return {get_origin(part) or part for part in parts} <= {list, type(None)}


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The one model inside an annotation such as `list[Role] | None`; none where it's ambiguous."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (list, *_UNIONS):
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
