"""Whose statement is it? IAM policies may say that a caller sees its own statements only.

`redshift-data:statement-owner-iam-userid` is the `aws:userid` of the session that submitted: for a
role, `<role id>:<session name>`; a Lambda function's session has the function's name. Policies
mostly compare it with the variable `${aws:userid}`; MiniStack knows no variables, so they are
filled in here, for every service.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from ministack.core import iam_actions, iam_evaluator
from ministack.services import iam

_KEY: Final = "redshift-data:statement-owner-iam-userid"
_ON_STATEMENTS: Final = frozenset(
    {
        "redshift-data:DescribeStatement",
        "redshift-data:GetStatementResult",
        "redshift-data:CancelStatement",
    }
)
_VARIABLE: Final = re.compile(r"\$\{([^}]+)\}")


def user_id(arn: str) -> str:
    """The `aws:userid` of a principal."""
    account, resource = arn.split(":")[4], arn.split(":", 5)[5]
    kind, _, name = resource.partition("/")
    if kind == "assumed-role":
        role_name, _, session = name.partition("/")
        role = iam._roles.get_scoped(account, None, role_name) or {}
        return f"{role.get('RoleId', role_name)}:{session}"
    if kind == "user":
        user = iam._users.get_scoped(account, None, name.rsplit("/", 1)[-1]) or {}
        return str(user.get("UserId", name))
    return account


def enforce(owner_of: Callable[[str], str]) -> None:
    """Let IAM decide about statements by their owner; `owner_of` gives "" for an unknown one."""
    stock_context = iam_actions.request_tag_context
    stock_conditions = iam_evaluator._conditions_met

    def context(service: str, action: str, body: bytes, params: dict) -> dict[str, Any]:
        known: dict[str, Any] = stock_context(service, action, body, params)
        if action == "redshift-data:ListStatements":
            return {**known, _KEY: user_id(iam_evaluator.caller_arn())}
        if action not in _ON_STATEMENTS:
            return known
        try:
            owner = owner_of(str(json.loads(body or b"{}").get("Id", "")))
        except ValueError:
            owner = ""
        return {**known, _KEY: owner} if owner else known

    def conditions_met(conditions: Any, request: Any) -> bool:
        return bool(stock_conditions(_filled(conditions, request), request))

    iam_actions.request_tag_context = context
    iam_evaluator._conditions_met = conditions_met


def _filled(value: Any, request: Any) -> Any:
    """Policy values with their variables replaced; an unknown one stays and matches nothing."""
    if isinstance(value, dict):
        return {key: _filled(item, request) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, request) for item in value]
    if not isinstance(value, str) or "${" not in value:
        return value
    return _VARIABLE.sub(lambda match: _variable(match, request), value)


def _variable(match: re.Match[str], request: Any) -> str:
    if match[1] in ("*", "?", "$"):
        return match[1]
    if match[1].lower() == "aws:userid":
        return user_id(request.principal_arn)
    found = iam_evaluator._resolve_condition_key(match[1], request)
    return found if isinstance(found, str) else match[0]
