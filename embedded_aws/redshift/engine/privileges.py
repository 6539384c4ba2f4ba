"""Who may do what inside the database: grants as rows, checked before each statement.

Enforced: USAGE and CREATE on schemas; SELECT, INSERT, UPDATE, DELETE on tables and views; ownership
for DROP and ALTER; superusers may do all. Not enforced: column-level grants, row-level security,
masking, EXECUTE, ASSUMEROLE, TEMP (Redshift gives the last two to everyone unless revoked).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import duckdb

from embedded_aws.redshift.engine import catalog
from embedded_aws.redshift.engine.catalog import Relation
from embedded_aws.redshift.errors import SqlError

TABLE_PRIVILEGES: Final = ("SELECT", "INSERT", "UPDATE", "DELETE", "DROP", "TRUNCATE", "REFERENCES")
SCHEMA_PRIVILEGES: Final = ("USAGE", "CREATE")
PUBLIC: Final = "public"


@dataclass(frozen=True)
class User:
    """A database user within a session."""

    name: str
    superuser: bool = False


class Privileges:
    """The grants of one database, seen through one session's connection and transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, user: User) -> None:
        self._connection = connection
        self._user = user

    def require(self, privilege: str, relation: Relation) -> None:
        """The user may do this with the table.

        Raises:
            SqlError: permission denied, for the schema or for the relation.
        """
        if self._user.superuser or relation.temporary or self.owns(relation):
            return
        self.require_schema("USAGE", relation.schema)
        if not self._granted(relation.schema, relation.name, privilege):
            raise SqlError(f"permission denied for relation {relation.name}")

    def require_schema(self, privilege: str, schema: str) -> None:
        """The user may do this with the schema; everyone may use `public` and create there."""
        if self._user.superuser or schema in (PUBLIC, catalog.TEMPORARY):
            return
        if self.owner(schema, "") == self._user.name:
            return
        if not self._granted(schema, "", privilege):
            raise SqlError(f"permission denied for schema {schema}")

    def require_owner(self, relation: Relation) -> None:
        """The user owns the table, or is a superuser."""
        if not (self._user.superuser or relation.temporary or self.owns(relation)):
            raise SqlError(f"must be owner of relation {relation.name}")

    def require_superuser(self, what: str) -> None:
        """Only superusers may."""
        if not self._user.superuser:
            raise SqlError(f"permission denied: must be superuser to {what}")

    def owns(self, relation: Relation) -> bool:
        """Whether the user made the table."""
        return self.owner(relation.schema, relation.name) == self._user.name

    def created(self, schema: str, relation: str) -> None:
        """Note the owner of a new schema or table, and give what default privileges promise."""
        self._connection.execute(
            "INSERT INTO pg_internal.owners VALUES (?, ?, ?)", [schema, relation, self._user.name]
        )
        if relation:
            self._connection.execute(
                "INSERT INTO pg_internal.grants SELECT ?, ?, privilege, grantee, grantee_kind "
                "FROM pg_internal.default_grants WHERE owner = ? AND schema IN (?, '')",
                [schema, relation, self._user.name, schema],
            )

    def dropped(self, schema: str, relation: str) -> None:
        """Forget a table; with relation "", a schema and all in it."""
        for table in ("owners", "grants"):
            self._connection.execute(
                f"DELETE FROM pg_internal.{table} WHERE schema = ? AND (relation = ? OR ? = '')",
                [schema, relation, relation],
            )

    def renamed(self, relation: Relation, name: str) -> None:
        """A table keeps its owner and grants under its new name."""
        for table in ("owners", "grants"):
            self._connection.execute(
                f"UPDATE pg_internal.{table} SET relation = ? WHERE schema = ? AND relation = ?",
                [name, relation.schema, relation.name],
            )

    def owner(self, schema: str, relation: str) -> str | None:
        """Who made the table; with relation "", the schema."""
        row = self._connection.execute(
            "SELECT owner FROM pg_internal.owners WHERE schema = ? AND relation = ?",
            [schema, relation],
        ).fetchone()
        return str(row[0]) if row else None

    def _granted(self, schema: str, relation: str, privilege: str) -> bool:
        return (
            self._connection.execute(
                "SELECT 1 FROM pg_internal.grants WHERE schema = ? AND relation = ? "
                "AND privilege = ? AND (grantee_kind = 'public' "
                "OR (grantee_kind = 'user' AND grantee = ?) OR (grantee_kind = 'role' AND grantee "
                "IN (SELECT role FROM pg_internal.role_members WHERE member = ?))) LIMIT 1",
                [schema, relation, privilege, self._user.name, self._user.name],
            ).fetchone()
            is not None
        )
