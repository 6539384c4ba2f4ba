from __future__ import annotations

import pytest

from embedded_aws.redshift.engine.physical import strip_physical
from embedded_aws.redshift.engine.words import Words
from embedded_aws.redshift.errors import SqlError


def stripped(sql: str) -> str:
    return " ".join(strip_physical(sql).split())


@pytest.mark.parametrize(
    ("option", "kept"),
    [
        (
            "CREATE TABLE t (a INT ENCODE az64 DISTKEY, b INT SORTKEY)",
            "CREATE TABLE t (a INT , b INT )",
        ),
        ("CREATE TABLE t (a INT) DISTSTYLE ALL SORTKEY AUTO", "CREATE TABLE t (a INT)"),
        ("CREATE TABLE t (a INT) DISTKEY (a) COMPOUND SORTKEY (a, a)", "CREATE TABLE t (a INT)"),
        ("CREATE TABLE t (a INT) BACKUP NO ENCODE AUTO", "CREATE TABLE t (a INT)"),
        (
            "ALTER TABLE t ADD COLUMN a INT ENCODE zstd",
            "ALTER TABLE t ADD COLUMN a INT ENCODE zstd",
        ),
    ],
)
def test_physical_options_go_and_columns_stay(option: str, kept: str) -> None:
    assert stripped(option) == kept


def test_options_inside_strings_names_and_queries_are_not_options() -> None:
    sql = "CREATE TABLE t (\"sortkey\" VARCHAR(9) DEFAULT 'DISTKEY', distkey INT) DISTSTYLE EVEN"
    assert stripped(sql) == "CREATE TABLE t (\"sortkey\" VARCHAR(9) DEFAULT 'DISTKEY', distkey INT)"
    query = "CREATE TABLE t SORTKEY (m) AS SELECT 'x' AS m, sortkey FROM u -- DISTSTYLE"
    assert stripped(query) == "CREATE TABLE t AS SELECT 'x' AS m, sortkey FROM u -- DISTSTYLE"


@pytest.mark.parametrize("tail", ["DISTSTYLE SOME", "SORTKEY (a", "BACKUP MAYBE", "COMPOUND (a)"])
def test_an_incomplete_option_is_a_syntax_error(tail: str) -> None:
    with pytest.raises(SqlError, match="syntax error"):
        strip_physical(f"CREATE TABLE t (a INT) {tail}")


def test_words_fold_unquoted_names_and_keep_quoted_ones() -> None:
    words = Words('GRANT Select ON Gold.T TO "IAMR:Loader"')
    words.expect("GRANT SELECT ON")
    assert words.qualified() == ("gold", "t")
    words.expect("TO")
    assert words.identifier() == "IAMR:Loader"
    words.end()


def test_two_statements_in_one_are_refused() -> None:
    with pytest.raises(SqlError, match="multiple commands"):
        Words("SELECT 1; DROP TABLE x")
    assert Words("SELECT ';' ; ").peek() == "SELECT"
