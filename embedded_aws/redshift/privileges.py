"""Who may do what inside the database: grants as rows, checked before each statement.

Enforced: USAGE and CREATE on schemas; SELECT, INSERT, UPDATE, DELETE on tables and views; ownership
for DROP and ALTER; superusers may do all. Not enforced: column-level grants, row-level security,
masking, EXECUTE, ASSUMEROLE, TEMP (Redshift gives the last two to everyone unless revoked).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import duckdb

from embedded_aws.redshift import catalog
from embedded_aws.redshift.catalog import Relation
from embedded_aws.redshift.errors import NotEmulated, SqlError
from embedded_aws.redshift.words import Words

TABLE_PRIVILEGES: Final = ("SELECT", "INSERT", "UPDATE", "DELETE", "DROP", "TRUNCATE", "REFERENCES")
SCHEMA_PRIVILEGES: Final = ("USAGE", "CREATE")
PUBLIC: Final = "public"


@dataclass(frozen=True)
class Grantee:
    """Who is granted something: kind is `user`, `role` or `public`."""

    name: str
    kind: str


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
        if self._owner(schema, "") == self._user.name:
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
        return self._owner(relation.schema, relation.name) == self._user.name

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

    def change(self, words: Words) -> None:
        """GRANT or REVOKE; the words stand behind that keyword."""
        change = _Change(self._connection, self._user, self)
        change.run(words, revoke=words.words[0].text.upper() == "REVOKE")

    def change_defaults(self, words: Words) -> None:
        """ALTER DEFAULT PRIVILEGES; the words stand behind those keywords."""
        owner, schema = self._user.name, ""
        if words.accept("FOR USER"):
            owner = words.identifier()
        if words.accept("IN SCHEMA"):
            schema = words.identifier().lower()
        revoke = words.accept("REVOKE")
        if not revoke:
            words.expect("GRANT")
        granted = _privileges(words, TABLE_PRIVILEGES)
        words.expect("ON TABLES")
        grantees = _grantees(words, revoke=revoke)
        for grantee in grantees:
            _require_exists(self._connection, grantee)
            for privilege in granted:
                row = [owner, schema, privilege, grantee.name, grantee.kind]
                self._connection.execute(
                    "DELETE FROM pg_internal.default_grants WHERE (owner, schema, privilege, "
                    "grantee, grantee_kind) = (?, ?, ?, ?, ?)",
                    row,
                )
                if not revoke:
                    self._connection.execute(
                        "INSERT INTO pg_internal.default_grants VALUES (?, ?, ?, ?, ?)", row
                    )

    def _owner(self, schema: str, relation: str) -> str | None:
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


class _Change:
    """One GRANT or REVOKE."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, user: User, privileges: Privileges
    ) -> None:
        self._connection = connection
        self._user = user
        self._privileges = privileges

    def run(self, words: Words, *, revoke: bool) -> None:
        if words.accept("ROLE"):
            self._membership(words, revoke=revoke)
            return
        granted = _privileges(words, (*TABLE_PRIVILEGES, *SCHEMA_PRIVILEGES, "TEMP", "TEMPORARY"))
        words.expect("ON")
        if words.accept("SCHEMA"):
            objects = [(name.lower(), "") for name in words.names()]
            self._known_schemas(schema for schema, _ in objects)
            granted = _only(granted, SCHEMA_PRIVILEGES)
        elif words.accept("ALL TABLES IN SCHEMA"):
            schemas = [name.lower() for name in words.names()]
            self._known_schemas(schemas)
            objects = [pair for schema in schemas for pair in self._relations(schema)]
            granted = _only(granted, TABLE_PRIVILEGES)
        elif words.peek() in ("DATABASE", "FUNCTION", "PROCEDURE", "LANGUAGE", "COPY", "MODEL"):
            raise NotEmulated(f"GRANT or REVOKE on {words.peek()}")
        else:
            words.accept("TABLE")
            objects = [self._relation(words)]
            while words.accept(","):
                objects.append(self._relation(words))
            granted = _only(granted, TABLE_PRIVILEGES)
        for grantee in _grantees(words, revoke=revoke):
            _require_exists(self._connection, grantee)
            self._note(objects, granted, grantee, revoke=revoke)

    def _note(
        self,
        objects: list[tuple[str, str]],
        granted: Iterable[str],
        grantee: Grantee,
        *,
        revoke: bool,
    ) -> None:
        for schema, relation in objects:
            for privilege in granted:
                row = [schema, relation, privilege, grantee.name, grantee.kind]
                self._connection.execute(
                    "DELETE FROM pg_internal.grants WHERE (schema, relation, privilege, grantee, "
                    "grantee_kind) = (?, ?, ?, ?, ?)",
                    row,
                )
                if not revoke:
                    self._connection.execute(
                        "INSERT INTO pg_internal.grants VALUES (?, ?, ?, ?, ?)", row
                    )

    def _membership(self, words: Words, *, revoke: bool) -> None:
        self._privileges.require_superuser("grant a role")
        roles = words.names()
        words.expect("FROM" if revoke else "TO")
        if words.accept("ROLE"):
            raise NotEmulated("a role granted to a role")
        for member in words.names():
            _require_exists(self._connection, Grantee(member, "user"))
            for role in roles:
                _require_exists(self._connection, Grantee(role, "role"))
                self._connection.execute(
                    "DELETE FROM pg_internal.role_members WHERE role = ? AND member = ?",
                    [role, member],
                )
                if not revoke:
                    self._connection.execute(
                        "INSERT INTO pg_internal.role_members VALUES (?, ?)", [role, member]
                    )

    def _relation(self, words: Words) -> tuple[str, str]:
        relation = catalog.resolve(self._connection, words.qualified())
        self._privileges.require_owner(relation)
        return relation.schema, relation.name

    def _relations(self, schema: str) -> list[tuple[str, str]]:
        rows = self._connection.execute(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = ? AND table_catalog = current_database()",
            [schema],
        ).fetchall()
        relations = [Relation(schema, name) for (name,) in rows]
        for relation in relations:
            self._privileges.require_owner(relation)
        return [(relation.schema, relation.name) for relation in relations]

    def _known_schemas(self, names: Iterable[str]) -> None:
        known = catalog.schemas(self._connection)
        for name in names:
            if name not in known:
                raise SqlError(f'schema "{name}" does not exist')
            if self._privileges._owner(name, "") != self._user.name:
                self._privileges.require_superuser(f"grant on schema {name}")


def _privileges(words: Words, known: tuple[str, ...]) -> list[str]:
    if words.accept("ALL"):
        words.accept("PRIVILEGES")
        return ["ALL"]
    found = []
    while True:
        if words.peek() not in known:
            raise words.syntax_error()
        found.append(words.peek())
        words.at += 1
        if words.peek() == "(":
            raise NotEmulated("a grant on columns")
        if not words.accept(","):
            return found


def _only(granted: list[str], allowed: tuple[str, ...]) -> list[str]:
    if granted == ["ALL"]:
        return list(allowed)
    for privilege in granted:
        if privilege not in allowed:
            raise SqlError(f"invalid privilege type {privilege} for this kind of object")
    return granted


def _grantees(words: Words, *, revoke: bool) -> list[Grantee]:
    words.expect("FROM" if revoke else "TO")
    found = [_grantee(words)]
    while words.accept(","):
        found.append(_grantee(words))
    if words.accept("WITH GRANT OPTION"):
        raise NotEmulated("WITH GRANT OPTION")
    words.end()
    return found


def _grantee(words: Words) -> Grantee:
    if words.accept("PUBLIC"):
        return Grantee(PUBLIC, "public")
    if words.accept("ROLE"):
        return Grantee(words.identifier(), "role")
    if words.accept("GROUP"):
        raise NotEmulated("a grant to a GROUP")
    return Grantee(words.identifier(), "user")


def _require_exists(connection: duckdb.DuckDBPyConnection, grantee: Grantee) -> None:
    if grantee.kind == "public":
        return
    row = connection.execute(
        f"SELECT 1 FROM pg_internal.{grantee.kind}s WHERE name = ?", [grantee.name]
    ).fetchone()
    if row is None:
        raise SqlError(f'{grantee.kind} "{grantee.name}" does not exist')
