from __future__ import annotations

import pytest

from tests.unit.support.redshift import Warehouse


@pytest.fixture(scope="module", autouse=True)
def tables(warehouse: Warehouse) -> None:
    warehouse.must(
        "CREATE SCHEMA gold",
        "CREATE TABLE gold.t (id BIGINT NOT NULL ENCODE az64 DISTKEY, name VARCHAR(5), "
        "price DECIMAL(9, 2), day DATE, PRIMARY KEY (id)) DISTSTYLE KEY COMPOUND SORTKEY (day, id)",
        "INSERT INTO gold.t VALUES (1, 'a', 1.50, '2026-01-31'), (2, 'b', NULL, NULL)",
    )


def test_values_come_typed_and_numeric_as_text(warehouse: Warehouse) -> None:
    state = warehouse.must(
        "SELECT id, name, price, day, id > 1 AS more, 1.5::float AS f, "
        "TIMESTAMP '2026-11-21 10:00:00.5' AS at FROM gold.t ORDER BY id"
    )
    result = warehouse.data.get_statement_result(Id=state["Id"])
    assert [c["typeName"] for c in result["ColumnMetadata"]] == [
        *("int8", "varchar", "numeric", "date", "bool", "float8", "timestamp")
    ]
    assert result["Records"][0] == [
        {"longValue": 1},
        {"stringValue": "a"},
        {"stringValue": "1.50"},
        {"stringValue": "2026-01-31"},
        {"booleanValue": False},
        {"doubleValue": 1.5},
        {"stringValue": "2026-11-21 10:00:00.5"},
    ]
    assert result["Records"][1][2] == {"isNull": True}
    assert result["TotalNumRows"] == 2


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT COUNT(*), SUM(price), name FROM gold.t GROUP BY name", ["count", "sum", "name"]),
        ("SELECT MAX(id) OVER (), id AS n FROM gold.t", ["max", "n"]),
        ("SELECT COUNT(DISTINCT id) FROM gold.t UNION ALL SELECT id FROM gold.t", ["count"]),
        ("(SELECT AVG(id), id AS Id FROM gold.t GROUP BY id)", ["avg", "id"]),
        ("SELECT *, MIN(id) OVER () AS least FROM gold.t", ["id", "name", "price", "day", "least"]),
    ],
)
def test_columns_have_the_names_that_redshift_gives(
    warehouse: Warehouse, sql: str, names: list[str]
) -> None:
    state = warehouse.must(sql)
    result = warehouse.data.get_statement_result(Id=state["Id"])
    assert [column["name"] for column in result["ColumnMetadata"]] == names


def test_integers_divide_to_integers_as_in_redshift(warehouse: Warehouse) -> None:
    assert warehouse.rows("SELECT 7 / 2, 7 / 2.0") == [[3, 3.5]]


def test_redshift_functions_and_names_are_understood(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "SELECT NVL(NULL, 'x') AS A, LEN('abc') AS b, DATEADD(day, 1, day) AS c, "
        "DATE_TRUNC('month', day)::date AS d, 'abcdef'::varchar(3) AS e "
        "FROM gold.t WHERE getdate() > day"
    )
    assert rows == [["x", 3, "2026-02-01 00:00:00", "2026-01-01", "abc"]]


def test_parameters_are_values_never_sql(warehouse: Warehouse) -> None:
    parameters = [{"name": "name", "value": "a' OR 'x' = 'x"}, {"name": "id", "value": "1"}]
    sql = "SELECT id FROM gold.t WHERE name = :name OR id = :id"
    assert warehouse.rows(sql, Parameters=parameters) == [[1]]
    assert "unused" in warehouse.error("SELECT 1", Parameters=parameters)


def test_identity_counts_and_defaults_apply(warehouse: Warehouse) -> None:
    warehouse.must(
        "CREATE TABLE gold.i (id BIGINT IDENTITY(10, 5), x INT, y VARCHAR(3) DEFAULT 'no')",
        "INSERT INTO gold.i (x) VALUES (1), (2)",
    )
    assert warehouse.rows("SELECT id, x, y FROM gold.i ORDER BY id") == [
        [10, 1, "no"],
        [15, 2, "no"],
    ]


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("INSERT INTO gold.t (id, name) VALUES (9, 'toolong')", "value too long"),
        ("INSERT INTO gold.t (id, name) VALUES (9, 'äöü')", "value too long"),
        ("INSERT INTO gold.t (id, price) VALUES (9, 12345678.00)", "Numeric data overflow"),
        ("INSERT INTO gold.t (name) VALUES ('x')", "Cannot insert a NULL value into column id"),
        ("SELECT * FROM gold.nothing", 'relation "gold.nothing" does not exist'),
        ("SELECT nothing FROM gold.t", 'column "nothing" does not exist'),
        ("SELECT nofunction(1)", "function nofunction does not exist"),
        ("SELEC 1", "syntax error"),
        ("CREATE TABLE gold.t (id INT)", 'Relation "t" already exists'),
        ("CREATE TABLE none.t (id INT)", 'schema "none" does not exist'),
        ("CREATE TABLE gold.u (id UUID)", 'type "uuid" does not exist'),
    ],
)
def test_errors_are_said_in_redshifts_words(warehouse: Warehouse, sql: str, error: str) -> None:
    said = warehouse.error(sql)
    assert said.startswith("ERROR: ")
    assert error in said


@pytest.mark.parametrize(
    "sql",
    [
        *("VACUUM gold.t", "UNLOAD ('SELECT 1') TO 's3://x/' IAM_ROLE default", "TRUNCATE gold.t"),
        *("CREATE TABLE gold.u (s SUPER)", "CALL p()", "BEGIN", "SET search_path TO gold"),
        *("CREATE MATERIALIZED VIEW v AS SELECT 1", "CREATE USER u PASSWORD 'x'"),
    ],
)
def test_what_is_not_emulated_says_so(warehouse: Warehouse, sql: str) -> None:
    assert "not emulated" in warehouse.error(sql)


@pytest.mark.parametrize(
    "sql",
    [
        *("SELECT * FROM read_text('/etc/hostname')", "SELECT * FROM '/etc/hostname'"),
        *(
            "SELECT getenv('HOME')",
            "SELECT * FROM parquet_schema('/etc/x')",
            'SELECT * FROM "/etc/hostname"',
        ),
        *("SELECT * FROM duckdb_settings()", "SELECT * FROM pg_internal.grants"),
    ],
)
def test_nothing_reads_past_the_database(warehouse: Warehouse, sql: str) -> None:
    assert "does not exist" in warehouse.error(sql)


def test_primary_keys_are_not_enforced(warehouse: Warehouse) -> None:
    warehouse.must("CREATE TABLE gold.k (id INT PRIMARY KEY)", "INSERT INTO gold.k VALUES (1), (1)")
    assert warehouse.rows("SELECT count(*) FROM gold.k") == [[2]]


def test_tables_change_and_keep_their_rows(warehouse: Warehouse) -> None:
    warehouse.must(
        "CREATE TABLE gold.c (id INT NOT NULL, name VARCHAR(3))",
        "INSERT INTO gold.c VALUES (1, 'abc')",
    )
    warehouse.must("ALTER TABLE gold.c ADD COLUMN note VARCHAR(2)")
    warehouse.must("ALTER TABLE gold.c ALTER COLUMN name TYPE VARCHAR(4)")
    warehouse.must("UPDATE gold.c SET name = 'abcd', note = 'ok'")
    assert warehouse.rows("SELECT * FROM gold.c") == [[1, "abcd", "ok"]]
    assert "value too long" in warehouse.error("UPDATE gold.c SET note = 'abc'")
    assert "Cannot insert a NULL" in warehouse.error("INSERT INTO gold.c (name) VALUES ('a')")
    assert "already exists" in warehouse.error("ALTER TABLE gold.c ADD COLUMN note INT")
    warehouse.must("ALTER TABLE gold.c DROP COLUMN note", "DROP TABLE gold.c")
    assert "does not exist" in warehouse.error("SELECT 1 FROM gold.c")


def test_the_catalogue_tells_redshifts_types(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "SELECT column_name, data_type, character_maximum_length, ordinal_position "
        "FROM svv_columns WHERE table_schema = 'gold' AND table_name = 't' ORDER BY 4"
    )
    assert rows == [
        ["id", "bigint", None, 1],
        ["name", "character varying", 5, 2],
        ["price", "numeric", None, 3],
        ["day", "date", None, 4],
    ]


def test_views_and_tables_from_queries(warehouse: Warehouse) -> None:
    warehouse.must(
        "CREATE VIEW gold.v AS SELECT id FROM gold.t WHERE price IS NOT NULL",
        "CREATE TABLE gold.made DISTSTYLE EVEN AS SELECT id, name FROM gold.t",
    )
    assert warehouse.rows("SELECT id FROM gold.v") == [[1]]
    assert warehouse.rows("SELECT count(*) FROM gold.made") == [[2]]
