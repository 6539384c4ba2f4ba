"""Statements read word by word: locks, COPY, users, roles, grants; and what is refused."""

from __future__ import annotations

from embedded_aws.redshift.engine import catalog, copy, grants
from embedded_aws.redshift.engine.transaction import Result, Transaction
from embedded_aws.redshift.engine.words import Words
from embedded_aws.redshift.errors import NotEmulated, SqlError


def lock(work: Transaction, words: Words) -> Result:
    """LOCK [TABLE] name, …: waits before the transaction has its snapshot."""
    words.accept("TABLE")
    names = [words.qualified()]
    while words.accept(","):
        names.append(words.qualified())
    words.end()
    for name in sorted(names):  # one order for all, so that two don't wait for each other
        work.lock(name)
    work.begin()
    for name in names:
        work.privileges.require("UPDATE", catalog.resolve(work.connection, name))
    return Result()


def copy_from(work: Transaction, words: Words) -> Result:
    """COPY from S3."""
    statement = copy.Copy.parse(words)
    work.begin()
    relation = work.write_target(statement.table)
    work.privileges.require("INSERT", relation)
    s3 = work.s3_for_role(statement.role)
    return Result(copy.run(work.connection, statement, relation, s3))


def create_user(work: Transaction, words: Words) -> Result:
    """CREATE USER name PASSWORD DISABLE: the Data API knows no passwords."""
    name = words.identifier()
    words.accept("WITH")
    words.expect("PASSWORD")
    if not words.accept("DISABLE"):
        raise NotEmulated("a database user with a password")
    words.end()
    work.begin()
    work.privileges.require_superuser("create users")
    if not catalog.add_user(work.connection, name):
        raise SqlError(f'user "{name}" already exists')
    return Result()


def create_role(work: Transaction, words: Words) -> Result:
    """CREATE ROLE name."""
    name = words.identifier()
    words.end()
    work.begin()
    work.privileges.require_superuser("create roles")
    known = work.connection.execute(
        "SELECT 1 FROM pg_internal.roles WHERE name = ?", [name]
    ).fetchone()
    if known:
        raise SqlError(f'role "{name}" already exists')
    work.connection.execute("INSERT INTO pg_internal.roles VALUES (?, ?)", [name, work.user.name])
    return Result()


def grant(work: Transaction, words: Words) -> Result:
    """GRANT or REVOKE."""
    work.begin()
    grants.change(work, words)
    return Result()


def default_privileges(work: Transaction, words: Words) -> Result:
    """ALTER DEFAULT PRIVILEGES."""
    work.begin()
    grants.change_defaults(work, words)
    return Result()


def analyze(work: Transaction, words: Words) -> Result:
    """ANALYZE: DuckDB keeps its statistics itself; the table must exist."""
    if words:
        work.begin()
        catalog.resolve(work.connection, words.qualified())
    return Result()


def refuse_transaction(work: Transaction, words: Words) -> Result:
    """A batch is one transaction; what is inside can't end it."""
    raise NotEmulated(f"{words.words[0].text.upper()} within a statement of the Data API")


def refuse(work: Transaction, words: Words) -> Result:
    """Named, so that nobody takes it for done."""
    raise NotEmulated(" ".join(word.text.upper() for word in words.words[: words.at]))
