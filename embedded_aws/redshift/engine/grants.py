"""GRANT, REVOKE and ALTER DEFAULT PRIVILEGES: rows that the checks in `privileges` read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from embedded_aws.redshift.engine import catalog
from embedded_aws.redshift.engine.catalog import Relation
from embedded_aws.redshift.engine.privileges import PUBLIC, SCHEMA_PRIVILEGES, TABLE_PRIVILEGES
from embedded_aws.redshift.engine.transaction import Transaction
from embedded_aws.redshift.engine.words import Words
from embedded_aws.redshift.errors import NotEmulated, SqlError

_UNSUPPORTED = frozenset({"DATABASE", "FUNCTION", "PROCEDURE", "LANGUAGE", "COPY", "MODEL"})


@dataclass(frozen=True)
class Grantee:
    """Who is granted something: kind is `user`, `role` or `public`."""

    name: str
    kind: str


def change(work: Transaction, words: Words) -> None:
    """GRANT or REVOKE; the words stand behind that keyword.

    Raises:
        SqlError: what or whom it names doesn't exist, or isn't the user's to grant.
        NotEmulated: grants on other things than schemas, tables and roles.
    """
    revoke = words.words[0].text.upper() == "REVOKE"
    if words.accept("ROLE"):
        _change_membership(work, words, revoke=revoke)
        return
    named = _privileges(words, (*TABLE_PRIVILEGES, *SCHEMA_PRIVILEGES))
    words.expect("ON")
    if words.peek() in _UNSUPPORTED:
        raise NotEmulated(f"GRANT or REVOKE on {words.peek()}")
    if words.accept("SCHEMA"):
        objects = [(schema, "") for schema in _schemas(work, words)]
        granted = _only(named, SCHEMA_PRIVILEGES)
    else:
        objects = list(_tables(work, words))
        granted = _only(named, TABLE_PRIVILEGES)
    for grantee in _grantees(words, revoke=revoke):
        _require_exists(work.connection, grantee)
        for schema, relation in objects:
            for privilege in granted:
                row = (schema, relation, privilege, grantee.name, grantee.kind)
                _note(work.connection, "grants", row, revoke=revoke)


def change_defaults(work: Transaction, words: Words) -> None:
    """ALTER DEFAULT PRIVILEGES; the words stand behind those keywords."""
    owner, schema = work.user.name, ""
    if words.accept("FOR USER"):
        owner = words.identifier()
    if owner != work.user.name:
        work.privileges.require_superuser("alter another user's default privileges")
    if words.accept("IN SCHEMA"):
        schema = words.identifier().lower()
    revoke = words.accept("REVOKE")
    if not revoke:
        words.expect("GRANT")
    granted = _only(_privileges(words, TABLE_PRIVILEGES), TABLE_PRIVILEGES)
    words.expect("ON TABLES")
    for grantee in _grantees(words, revoke=revoke):
        _require_exists(work.connection, grantee)
        for privilege in granted:
            row = (owner, schema, privilege, grantee.name, grantee.kind)
            _note(work.connection, "default_grants", row, revoke=revoke)


def _change_membership(work: Transaction, words: Words, *, revoke: bool) -> None:
    work.privileges.require_superuser("grant a role")
    roles = words.names()
    words.expect("FROM" if revoke else "TO")
    if words.accept("ROLE"):
        raise NotEmulated("a role granted to a role")
    for member in words.names():
        _require_exists(work.connection, Grantee(member, "user"))
        for role in roles:
            _require_exists(work.connection, Grantee(role, "role"))
            _note(work.connection, "role_members", (role, member), revoke=revoke)


def _note(
    connection: duckdb.DuckDBPyConnection, table: str, row: tuple[str, ...], *, revoke: bool
) -> None:
    """Put the row there once, or take it away."""
    marks = ", ".join("?" * len(row))
    columns = [c.name for c in catalog.columns(connection, Relation(catalog.HIDDEN, table))]
    connection.execute(
        f"DELETE FROM {catalog.HIDDEN}.{table} WHERE ({', '.join(columns)}) = ({marks})", list(row)
    )
    if not revoke:
        connection.execute(f"INSERT INTO {catalog.HIDDEN}.{table} VALUES ({marks})", list(row))


def _schemas(work: Transaction, words: Words) -> list[str]:
    """Schemas by name, each the user's own or a superuser's to grant on."""
    names = [name.lower() for name in words.names()]
    known = catalog.schemas(work.connection)
    for name in names:
        if name not in known:
            raise SqlError(f'schema "{name}" does not exist')
        if work.privileges.owner(name, "") != work.user.name:
            work.privileges.require_superuser(f"grant on schema {name}")
    return names


def _tables(work: Transaction, words: Words) -> Iterable[tuple[str, str]]:
    """Tables by name, or all of some schemas; each the user's own or a superuser's."""
    if words.accept("ALL TABLES IN SCHEMA"):
        relations = [r for schema in _schemas(work, words) for r in _relations(work, schema)]
    else:
        words.accept("TABLE")
        relations = [catalog.resolve(work.connection, words.qualified())]
        while words.accept(","):
            relations.append(catalog.resolve(work.connection, words.qualified()))
    for relation in relations:
        work.privileges.require_owner(relation)
    return [(relation.schema, relation.name) for relation in relations]


def _relations(work: Transaction, schema: str) -> list[Relation]:
    rows = work.connection.execute(
        "SELECT table_name FROM information_schema.tables "
        "WHERE table_schema = ? AND table_catalog = current_database()",
        [schema],
    ).fetchall()
    return [Relation(schema, name) for (name,) in rows]


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
