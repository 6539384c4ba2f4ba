"""The redshift-data API: who may ask what, and statements begun. What it says is in `answers`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

from ministack.core.iam_evaluator import caller_arn
from ministack.core.responses import get_account_id

from embedded_aws.redshift import answers, explore
from embedded_aws.redshift.control import ControlPlane, Record
from embedded_aws.redshift.engine.database import Database
from embedded_aws.redshift.engine.session import Session
from embedded_aws.redshift.engine.transaction import Transaction
from embedded_aws.redshift.errors import ApiError, SqlError
from embedded_aws.redshift.identity import database_user, secret_user
from embedded_aws.redshift.ownership import user_id
from embedded_aws.redshift.role_session import RoleSessions, not_authorized
from embedded_aws.redshift.runs import Run, Runs, new_parts

Request = dict[str, Any]

_MAX_STATEMENTS: Final = 40
_MAX_BYTES: Final = 100 * 1024
_NOT_EMULATED: Final = ("ClusterIdentifier", "DbUser", "WithEvent", "SessionId")


class DataApi:
    """Answers redshift-data calls; statements run in threads, so a call returns at once."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._roles = RoleSessions()
        self.runs = Runs()

    def answer(self, operation: str, request: Request) -> dict[str, Any]:
        """Answer one call.

        Raises:
            ApiError: as the API would, or naming what isn't emulated.
        """
        if operation not in self._operations and operation not in self._explorations:
            raise ApiError("ValidationException", f"{operation} is not emulated here.")
        for name in _NOT_EMULATED:
            if request.get(name):
                raise ApiError("ValidationException", f"{name} is not emulated here.")
        if request.get("SessionKeepAliveSeconds"):
            raise ApiError("ValidationException", "SessionKeepAliveSeconds is not emulated here.")
        if request.get("ResultFormat", "JSON") != "JSON":
            raise ApiError("ValidationException", "ResultFormat CSV is not emulated here.")
        if operation in self._operations:
            return self._operations[operation](self, request)
        database, *_ = self._target(request)
        return self._explorations[operation](database, request)

    def owner_of(self, identifier: str) -> str:
        """The user id that submitted a statement; "" for one that isn't known."""
        try:
            return self.runs.get(identifier).owner_id
        except ApiError:
            return ""

    # Running statements

    def _execute(self, request: Request) -> dict[str, Any]:
        return self._submit(request, [request["Sql"]], batch=False)

    def _batch_execute(self, request: Request) -> dict[str, Any]:
        return self._submit(request, request["Sqls"], batch=True)

    def _submit(self, request: Request, statements: list[str], *, batch: bool) -> dict[str, Any]:
        if not 0 < len(statements) <= _MAX_STATEMENTS:
            raise ApiError("ValidationException", f"Sqls must hold 1 to {_MAX_STATEMENTS} items.")
        if any(len(sql.encode()) > _MAX_BYTES for sql in statements):
            raise ApiError("ValidationException", "A statement must not exceed 100 KB.")
        database, namespace, user = self._target(request)
        details = {
            "Database": request.get("Database"),
            "WorkgroupName": request["WorkgroupName"],
            "SecretArn": request.get("SecretArn"),
            "DbUser": user,
            "StatementName": request.get("StatementName"),
        }
        run = Run(
            new_parts(statements),
            batch=batch,
            auto_commit=request.get("ExecutionMode") == "AUTO_COMMIT",
            parameters={item["name"]: item["value"] for item in request.get("Parameters") or []},
            details={key: value for key, value in details.items() if value is not None},
            caller=f"{get_account_id()}/{user}",
            owner_id=user_id(caller_arn()),
        )
        roles = list(namespace["iamRoles"])

        def open_session(cancelled: threading.Event) -> Session:
            work = Transaction(
                database.connect(),
                database.user(user),
                database.locks,
                lambda role: self._s3(role, roles, namespace, user),
                cancelled,
                in_block=run.batch and not run.auto_commit,
            )
            return Session(work)

        run = self.runs.submit(run, request.get("ClientToken", ""), open_session)
        shown = ("Database", "WorkgroupName", "SecretArn", "DbUser")
        return {
            "Id": run.id,
            "CreatedAt": run.created,
            **{key: run.details[key] for key in shown if key in run.details},
        }

    def _s3(self, role: str, roles: list[str], namespace: Record, user: str) -> Any:
        arn = namespace.get("defaultIamRoleArn") if role == "default" else role
        if not arn:
            raise SqlError("The namespace has no default IAM role")
        name = f"{namespace['namespaceArn']}/{user}"
        if arn not in roles and arn != namespace.get("defaultIamRoleArn"):
            raise not_authorized(arn, name)
        return self._roles.s3(arn, name)

    def _target(self, request: Request) -> tuple[Database, Record, str]:
        if not request.get("WorkgroupName"):
            raise ApiError("ValidationException", "WorkgroupName must be given.")
        name = request["WorkgroupName"].rsplit("/", 1)[-1]
        workgroups = self._plane.workgroups
        known = next(
            (w for w in workgroups.values() if name in (w["workgroupName"], w["workgroupId"])), None
        )
        if known is None:
            raise ApiError("ValidationException", f"Redshift endpoint {name} doesn't exist.")
        namespace = self._plane.namespace(known["namespaceName"])
        wanted = request.get("ConnectedDatabase") or request.get("Database") or namespace["dbName"]
        if wanted != namespace["dbName"]:
            raise ApiError("ValidationException", f'FATAL: database "{wanted}" does not exist')
        database = self._plane.databases.get(
            namespace["namespaceId"], namespace["dbName"], namespace["adminUsername"]
        )
        secret = request.get("SecretArn")
        return database, namespace, secret_user(secret) if secret else database_user()

    # Looking at statements

    def _describe(self, request: Request) -> dict[str, Any]:
        run = self._mine(request["Id"])
        if ":" in request["Id"]:
            return answers.sub_statement(run, answers.index_of(run, request["Id"]))
        return answers.described(run)

    def _result(self, request: Request) -> dict[str, Any]:
        run = self._mine(request["Id"])
        part = run.parts[answers.index_of(run, request["Id"])]
        return answers.result(run, part, start=int(request.get("NextToken") or 0))

    def _list_statements(self, request: Request) -> dict[str, Any]:
        wanted, name = request.get("Status", "FINISHED"), request.get("StatementName", "")
        found = [
            answers.listed(run)
            for run in self.runs.all()
            if run.caller.startswith(get_account_id())
            and wanted in ("ALL", run.status)
            and run.details.get("StatementName", "").startswith(name)
        ]
        return explore.page("Statements", found, request)

    def _cancel(self, request: Request) -> dict[str, Any]:
        self.runs.cancel(self._mine(request["Id"]))
        return {"Status": True}

    def _mine(self, identifier: str) -> Run:
        run = self.runs.get(identifier)
        if not run.caller.startswith(f"{get_account_id()}/"):
            raise ApiError("ResourceNotFoundException", f"Query {identifier} does not exist.")
        return run

    _operations: Final[dict[str, Callable[[DataApi, Request], dict[str, Any]]]] = {
        "ExecuteStatement": _execute,
        "BatchExecuteStatement": _batch_execute,
        "DescribeStatement": _describe,
        "GetStatementResult": _result,
        "ListStatements": _list_statements,
        "CancelStatement": _cancel,
    }
    _explorations: Final = {
        "ListDatabases": explore.list_databases,
        "ListSchemas": explore.list_schemas,
        "ListTables": explore.list_tables,
        "DescribeTable": explore.describe_table,
    }
