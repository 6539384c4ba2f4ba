from __future__ import annotations

from typing import Any

import pytest

from tests.unit.support.redshift import Warehouse, allow

RUN = ["redshift-data:*", "redshift-serverless:GetCredentials"]


@pytest.fixture(scope="module")
def loader(warehouse: Warehouse) -> Any:
    warehouse.must("CREATE SCHEMA gold", "CREATE TABLE gold.t (id INT)")
    return warehouse.as_role(warehouse.create_role("Loader", [allow(RUN, "*")]))


def test_an_iam_role_is_a_user_of_its_own_name(warehouse: Warehouse, loader: Any) -> None:
    state = warehouse.must("SELECT 1", client=loader)
    assert state["DbUser"] == "IAMR:Loader"
    assert ["IAMR:Loader", False] in warehouse.rows("SELECT usename, usesuper FROM pg_user")


def test_rights_are_needed_step_by_step(warehouse: Warehouse, loader: Any) -> None:
    read, write = "SELECT count(*) FROM gold.t", "INSERT INTO gold.t VALUES (1)"
    assert "permission denied for schema gold" in warehouse.error(read, client=loader)
    warehouse.must('GRANT USAGE ON SCHEMA gold TO "IAMR:Loader"')
    assert "permission denied for relation t" in warehouse.error(read, client=loader)
    warehouse.must('GRANT SELECT ON gold.t TO "IAMR:Loader"')
    warehouse.must(read, client=loader)
    assert "permission denied for relation t" in warehouse.error(write, client=loader)
    warehouse.must('GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA gold TO "IAMR:Loader"')
    warehouse.must(write, client=loader)
    assert "must be owner" in warehouse.error("DROP TABLE gold.t", client=loader)
    assert "permission denied" in warehouse.error("CREATE TABLE gold.u (id INT)", client=loader)
    warehouse.must('REVOKE SELECT ON gold.t FROM "IAMR:Loader"')
    assert "permission denied for relation t" in warehouse.error(read, client=loader)


def test_default_privileges_reach_tables_made_later(warehouse: Warehouse, loader: Any) -> None:
    warehouse.must(
        'GRANT USAGE ON SCHEMA gold TO "IAMR:Loader"',
        'ALTER DEFAULT PRIVILEGES IN SCHEMA gold GRANT SELECT ON TABLES TO "IAMR:Loader"',
        "CREATE TABLE gold.later (id INT)",
    )
    warehouse.must("SELECT * FROM gold.later", client=loader)
    assert "permission denied" in warehouse.error("DELETE FROM gold.later", client=loader)


def test_a_roles_members_have_its_rights(warehouse: Warehouse, loader: Any) -> None:
    warehouse.must("CREATE ROLE analyst", "CREATE TABLE gold.secret (id INT)")
    warehouse.must('REVOKE SELECT ON gold.secret FROM "IAMR:Loader"')
    warehouse.must("GRANT USAGE ON SCHEMA gold TO ROLE analyst")
    warehouse.must("GRANT SELECT ON gold.secret TO ROLE analyst")
    assert "permission denied" in warehouse.error("SELECT * FROM gold.secret", client=loader)
    warehouse.must('GRANT ROLE analyst TO "IAMR:Loader"')
    warehouse.must("SELECT * FROM gold.secret", client=loader)


def test_everyone_has_what_public_has(warehouse: Warehouse, loader: Any) -> None:
    warehouse.must(
        "CREATE SCHEMA open", "CREATE TABLE open.t (id INT)", "GRANT USAGE ON SCHEMA open TO PUBLIC"
    )
    warehouse.must("GRANT SELECT ON ALL TABLES IN SCHEMA open TO PUBLIC")
    warehouse.must("SELECT * FROM open.t", client=loader)


def test_only_the_administrator_grants_and_makes_users(warehouse: Warehouse, loader: Any) -> None:
    for sql in ("CREATE SCHEMA s", "CREATE ROLE r", 'CREATE USER "IAMR:x" PASSWORD DISABLE'):
        assert "must be superuser" in warehouse.error(sql, client=loader)
    assert "must be owner" in warehouse.error("GRANT SELECT ON gold.t TO PUBLIC", client=loader)


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ('GRANT SELECT ON gold.t TO "IAMR:nobody"', 'user "IAMR:nobody" does not exist'),
        ("GRANT USAGE ON SCHEMA nowhere TO PUBLIC", 'schema "nowhere" does not exist'),
        ("GRANT FLY ON gold.t TO PUBLIC", "syntax error"),
        ('CREATE USER "admin" PASSWORD DISABLE', "already exists"),
    ],
)
def test_grants_to_nobody_and_of_nothing_fail(
    warehouse: Warehouse, loader: Any, sql: str, error: str
) -> None:
    assert error in warehouse.error(sql)


def test_granting_again_changes_nothing(warehouse: Warehouse, loader: Any) -> None:
    grant = "GRANT SELECT ON gold.t TO PUBLIC"
    warehouse.must(grant, grant)
    count = "SELECT count(*) FROM svv_relation_privileges WHERE relation_name = 't'"
    where = " AND namespace_name = 'gold' AND identity_type = 'public'"
    assert warehouse.rows(count + where) == [[1]]
