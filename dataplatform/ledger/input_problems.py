"""What is wrong with an execution's input, told alike for every state machine."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from dataplatform.errors import Problem
from dataplatform.suggestions import did_you_mean

_SHOWN: Final = 200
"""Characters of a value. Step Functions keeps 32,768 of what an execution failed for."""


def input_problem(field: str, found: Any, expected: str, remedy: str = "") -> Problem:
    """A problem of one field of the input; `$` is the input itself."""
    text = json.dumps(found, default=str, ensure_ascii=False)
    if len(text) > _SHOWN:
        text = f"{text[:_SHOWN]}… ({len(text):,} characters)"
    return Problem(
        file="input", line=None, field=field, found=text, expected=expected, remedy=remedy
    )


def unknown_keys(raw: Mapping[str, Any], known: Collection[str]) -> list[Problem]:
    """A problem for each key that means nothing."""
    names = ", ".join(known)
    expected = f"one of the keys {names}" if len(known) > 1 else f"the key {names}"
    return [
        input_problem(key, value, expected, did_you_mean(key, known))
        for key, value in raw.items()
        if key not in known
    ]
