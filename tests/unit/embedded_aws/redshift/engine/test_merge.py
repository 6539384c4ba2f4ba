from __future__ import annotations

import pytest

from tests.unit.support.redshift import Warehouse

INTO = "MERGE INTO target USING source s ON target.id = s.id"
CLAUSES = (
    "WHEN MATCHED THEN UPDATE SET name = s.name "
    "WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name)"
)


@pytest.fixture(scope="module", autouse=True)
def tables(warehouse: Warehouse) -> None:
    warehouse.must(
        "CREATE TABLE target (id INT, name VARCHAR(10))",
        "CREATE TABLE source (id INT, name VARCHAR(10))",
        "CREATE TABLE doubled (id INT, name VARCHAR(10))",
        "CREATE VIEW v AS SELECT * FROM source",
        "INSERT INTO target VALUES (1, 'old')",
        "INSERT INTO source VALUES (1, 'new'), (2, 'added')",
        "INSERT INTO doubled VALUES (1, 'a'), (1, 'b')",
    )


def test_matching_rows_are_updated_and_others_inserted(warehouse: Warehouse) -> None:
    sql = f"MERGE INTO target USING source s ON target.id = s.id {CLAUSES}"
    for _ in range(2):
        assert warehouse.must(sql)["ResultRows"] == 2
        rows = warehouse.rows("SELECT id, name FROM target ORDER BY id")
        assert rows == [[1, "new"], [2, "added"]]


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        (
            f"MERGE INTO target USING (SELECT 1 AS id) s ON target.id = s.id {CLAUSES}",
            "subquery",
        ),
        (f"MERGE INTO target USING v s ON target.id = s.id {CLAUSES}", "a view is not supported"),
        (f"MERGE INTO target t USING source s ON t.id = s.id {CLAUSES}", 'at or near "t"'),
        (
            f"WITH x AS (SELECT 1) {INTO} {CLAUSES}",
            "WITH",
        ),
        (
            f"{INTO} WHEN MATCHED AND s.id > 1 THEN DELETE "
            "WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)",
            "no condition",
        ),
        (
            f"{INTO} WHEN MATCHED THEN DELETE",
            "exactly one",
        ),
        (
            f"{INTO} WHEN MATCHED THEN UPDATE SET target.name = s.name "
            "WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)",
            "without their table",
        ),
        (
            f"MERGE INTO target USING doubled s ON target.id = s.id {CLAUSES}",
            "Found multiple matches to update the same tuple",
        ),
        (f"MERGE INTO target USING target s ON target.id = s.id {CLAUSES}", "different tables"),
    ],
)
def test_what_redshift_refuses_is_refused(warehouse: Warehouse, sql: str, error: str) -> None:
    assert error in warehouse.error(sql)
