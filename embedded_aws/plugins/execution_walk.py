"""An execution's way from a state in its middle to its end, which MiniStack begins at StartAt."""

from __future__ import annotations

import json
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import stepfunctions as states

Record = dict[str, Any]


def walk(execution: Record, definition: Record, name: str, given: Any) -> None:
    """Run the states from `name` on; the execution has ended afterwards, however it did.

    Args:
        definition: the state machine's.
        given: the state's input.
    """
    ctx = _context(execution, definition)
    try:
        output = _states(execution, definition["States"], name, given, ctx)
    except states._ExecutionError as error:
        states._fail_execution(execution, error.error, error.cause)
    except Exception as error:  # as the emulator does: an execution never hangs for its own fault
        states.logger.exception("Unexpected error in execution %s", execution["executionArn"])
        states._fail_execution(execution, "States.Runtime", str(error))
    else:
        if execution["status"] == "RUNNING":  # nobody has stopped it
            _succeed(execution, json.dumps(output))


def _states(execution: Record, all_states: Record, name: str, given: Any, ctx: Record) -> Any:
    """Each state after the other; the last one's output."""
    here: str | None = name
    while here and execution["status"] == "RUNNING":
        state = all_states[here]
        kind = state["Type"]
        ctx["State"] = {"Name": here, "EnteredTime": now_iso(), "RetryCount": 0}
        _tell(execution, kind, "Entered", {"name": here, "input": json.dumps(given)})
        given, following = _run(execution, state, given, ctx)
        _tell(execution, kind, "Exited", {"name": here, "output": json.dumps(given)})
        here = following
    return given


def _run(execution: Record, state: Record, given: Any, ctx: Record) -> tuple[Any, str | None]:
    """One state: its output, and the state that follows."""
    match state["Type"]:
        case "Task":
            return states._execute_task(state, given, execution, ctx)
        case "Map":
            return states._execute_map(state, given, execution, ctx)
        case "Parallel":
            return states._execute_parallel(state, given, execution, ctx)
        case "Choice":
            return states._execute_choice(state, given, ctx)
        case "Pass":
            return states._execute_pass(state, given, ctx)
        case "Wait":
            return states._execute_wait(state, given, ctx)
        case "Succeed":
            found = states._apply_input_path(state, given, ctx)
            return states._apply_output_path(state, found, ctx), None
        case "Fail":
            raise states._ExecutionError(*states._fail_state_error(state, given, ctx))
        case unknown:
            raise states._ExecutionError("States.Runtime", f"Unknown state type: {unknown}")


def _context(execution: Record, definition: Record) -> Record:
    """What `$$` reads."""
    arn = execution["stateMachineArn"]
    return {
        "QueryLanguage": definition.get("QueryLanguage", "JSONPath"),
        "Execution": {
            "Id": execution["executionArn"],
            "Input": json.loads(execution["input"]),
            "Name": execution["name"],
            "StartTime": execution["startDate"],
        },
        "StateMachine": {"Id": arn, "Name": arn.rpartition(":")[2]},
        "variables": {},
    }


def _tell(execution: Record, kind: str, what: str, details: Record) -> None:
    event = f"state{what}EventDetails"
    states._add_event(execution, f"{kind}State{what}", {event: details})


def _succeed(execution: Record, output: str) -> None:
    execution |= {"status": "SUCCEEDED", "output": output, "stopDate": now_iso()}
    details = {"executionSucceededEventDetails": {"output": output}}
    states._add_event(execution, "ExecutionSucceeded", details)
    states._emit_execution_status_event(execution)
