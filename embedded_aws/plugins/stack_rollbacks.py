"""Stacks that a failure or a stop left halfway: the next deployment can roll them back and go on.

Stock MiniStack refuses an empty list of resources to skip, which the CDK CLI sends, and restores a
stack that was being changed as one that is still changed, by nobody, for ever.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any, Final

from ministack.services import cloudformation
from ministack.services.cloudformation import stacks

logger = logging.getLogger("weir.cloudformation")

Stack = dict[str, Any]

_CONTINUE: Final = "ContinueUpdateRollback"
_TO_SKIP: Final = "ResourcesToSkip"
_REASON: Final = "The embedded AWS stopped before the operation had ended."

_stock_restore = cloudformation.load_persisted_state


def install() -> None:
    """Accept the CLI's rollbacks; know a restored stack as failed where nobody works on it."""
    handlers = cloudformation._ACTION_HANDLERS
    handlers[_CONTINUE] = _without_blanks(handlers[_CONTINUE])
    cloudformation.load_persisted_state = _restore


def _without_blanks(stock: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """The Query protocol writes an empty list as one empty string."""

    def handle(params: dict[str, Any]) -> Any:
        if _TO_SKIP in params:
            params = params | {_TO_SKIP: [name for name in params[_TO_SKIP] if name]}
        return stock(params)

    return handle


def _restore(data: Any) -> None:
    _stock_restore(data)
    for stack in cloudformation._stacks._data.values():
        if settle(stack):
            logger.warning("%s was interrupted: %s", stack["StackName"], stack["StackStatus"])


def settle(stack: Stack) -> bool:
    """Turn an operation under way into one that failed and may be rolled back; False if none was.

    What an interrupted creation had made is deleted by its rollback. After an interrupted update
    the resources stay as they are, and the template is again the one from before it, so that the
    next deployment sees a difference and makes it.
    """
    status = str(stack.get("StackStatus", ""))
    if not status.endswith("_IN_PROGRESS") or status == "REVIEW_IN_PROGRESS":
        return False
    if status == "DELETE_IN_PROGRESS":
        stack["StackStatus"] = "DELETE_FAILED"
    elif status in ("CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"):
        stack["StackStatus"] = "CREATE_FAILED"
        stack["_failed_operation"] = _creation(stack)
    else:
        stack["StackStatus"] = "UPDATE_FAILED"
        stack["_template_body"] = json.dumps(stack.get("_template") or {})
    stack["StackStatusReason"] = _REASON
    return True


def _creation(stack: Stack) -> dict[str, Any]:
    """The interrupted creation as MiniStack describes one that failed."""
    parameters = {
        given["ParameterKey"]: {"Value": given["ParameterValue"], "NoEcho": given["NoEcho"]}
        for given in stack.get("Parameters", [])
    }
    operation: dict[str, Any] = stacks._failed_operation(
        is_update=False,
        previous_stack=None,
        created=stack.get("_resources", {}),
        failed_update=None,
        failed_logical_id=None,
        replaced_ids=(),
        cancelled=False,
        template=json.loads(stack["_template_body"]),
        param_values=parameters,
        retain_except_on_create=True,
        stack_tags=stack.get("Tags", []),
        previous_tags=(),
    )
    return operation
