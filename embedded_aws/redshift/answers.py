"""What the redshift-data API says of a run: its state, its statements, a page of a result."""

from __future__ import annotations

from typing import Any, Final

from embedded_aws.redshift import values
from embedded_aws.redshift.errors import ApiError
from embedded_aws.redshift.runs import Part, Run

_PAGE_ROWS: Final = 1_000


def described(run: Run) -> dict[str, Any]:
    """DescribeStatement of a whole run."""
    last = run.parts[-1]
    answer = {
        "Id": run.id,
        **{key: value for key, value in run.details.items() if key != "StatementName"},
        "Status": run.status,
        "CreatedAt": run.created,
        "UpdatedAt": run.updated,
        "Duration": int(sum(part.seconds for part in run.parts) * 1e9),
        "HasResultSet": any(part.result.has_result_set for part in run.parts),
        "ResultRows": last.result.rows,
        "ResultSize": 0 if run.batch else _size(last),
        "RedshiftPid": 1,
        "RedshiftQueryId": 0 if run.batch else 1,
        "ResultFormat": "json",
    }
    if run.error:
        answer["Error"] = run.error
    if run.parameters:
        answer["QueryParameters"] = [
            {"name": name, "value": value} for name, value in run.parameters.items()
        ]
    if run.batch:
        answer["SubStatements"] = [sub_statement(run, index) for index in range(len(run.parts))]
    else:
        answer["QueryString"] = last.sql
    return answer


def sub_statement(run: Run, index: int) -> dict[str, Any]:
    """One statement of a batch, also DescribeStatement of `<Id>:<number>`."""
    part = run.parts[index]
    answer = {
        "Id": f"{run.id}:{index + 1}",
        "Status": part.status,
        "QueryString": part.sql,
        "CreatedAt": run.created,
        "UpdatedAt": run.updated,
        "Duration": int(part.seconds * 1e9),
        "HasResultSet": part.result.has_result_set,
        "ResultRows": part.result.rows,
        "ResultSize": _size(part),
        "RedshiftQueryId": index + 1,
    }
    return {**answer, "Error": part.error} if part.error else answer


def result(run: Run, part: Part, *, start: int) -> dict[str, Any]:
    """GetStatementResult: a page of rows from `start`, with a token if there are more.

    Raises:
        ApiError: there is no result, or none yet.
    """
    if run.status != "FINISHED" or not part.result.has_result_set:
        raise ApiError(
            "ResourceNotFoundException",
            "Query does not have result. Please check query status with DescribeStatement.",
        )
    kinds = [kind for _, kind in part.result.columns]
    page = part.result.records[start : start + _PAGE_ROWS]
    answer: dict[str, Any] = {
        "Records": [
            [values.typed_cell(v, k) for v, k in zip(row, kinds, strict=True)] for row in page
        ],
        "ColumnMetadata": [values.column_metadata(*column) for column in part.result.columns],
        "TotalNumRows": len(part.result.records),
    }
    if start + _PAGE_ROWS < len(part.result.records):
        answer["NextToken"] = str(start + _PAGE_ROWS)
    return answer


def listed(run: Run) -> dict[str, Any]:
    """A run among those of ListStatements."""
    return {
        "Id": run.id,
        "Status": run.status,
        "CreatedAt": run.created,
        "UpdatedAt": run.updated,
        "IsBatchStatement": run.batch,
        "QueryString": run.parts[0].sql,
        **({"QueryStrings": [part.sql for part in run.parts]} if run.batch else {}),
        **{k: run.details[k] for k in ("StatementName", "SecretArn") if k in run.details},
    }


def index_of(run: Run, identifier: str) -> int:
    """Which statement of a run `<Id>` or `<Id>:<number>` means.

    Raises:
        ApiError: a batch without a number, or a number that it hasn't.
    """
    _, colon, number = identifier.partition(":")
    if run.batch and not colon:
        raise ApiError(
            "ValidationException", "A batch has results by statement: use <Id>:<number>."
        )
    index = int(number) - 1 if colon else 0
    if index not in range(len(run.parts)):
        raise ApiError("ResourceNotFoundException", f"Query {identifier} does not exist.")
    return index


def _size(part: Part) -> int:
    """Bytes of a result, roughly: what its values take as text."""
    if not part.result.has_result_set:
        return -1
    return sum(len(str(value)) for row in part.result.records for value in row)
