"""A pattern says the same to Java and to RE2."""

from __future__ import annotations

import duckdb
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from dataplatform.contracts.patterns import fault
from dataplatform.render.patterns import for_duckdb, for_spark

# PySpark leaves the sockets of its results to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

PATTERNS = (
    r"^[a-z0-9]+$", "a$", "^.$", "a.b", r"\s", r"\S", r"^\S+$", r"[\s,]",
    r"[^\s]", r"\bx", r"x\b",
    r"\Bx", r"x\B", r"\w", r"\W", r"\d", r"(?i)straSSe", r"(?i)[a-f]k",
    r"(?i)[^a-z]", r"(?i)\x6b",
    r"\_", r"[\_]", r"\$", r"\\", r"[\\\]]", r"a{2}", r"(?:ab){1,2}$", "^$", "a|",
    "}", "]", r"\{", "é+", r"[$.]", r"\.$",
)  # fmt: skip
TEXTS = (
    "", "a", "a\n", "\n", "a\r", "a\r\n", "a\u0085", "a\u2028", "a\nb", "a\rb", "a\u0085b",
    "a\u2029b", "a\vb", "\v", "\f", "\u00a0", "x", "éx", "xé", " x", "xx", "_", "$", ".", "\\",
    "]", "}", "{", "aa", "abab", "STRASSE", "stra\u017f\u017fe", "straße", "FK", "f\u212a", "K",
    "k", "É", "éé", "😀", "١", "a,b",
)  # fmt: skip


def test_java_and_re2_find_the_same(spark: SparkSession) -> None:
    assert [fault(pattern) for pattern in PATTERNS] == [""] * len(PATTERNS)
    written = [for_spark(pattern) for pattern in PATTERNS]
    frame = spark.createDataFrame([(text,) for text in TEXTS], "s string")
    found = frame.select("s", *(F.col("s").rlike(pattern) for pattern in written)).collect()
    ours = {row[0]: tuple(row[1:]) for row in found}
    with duckdb.connect() as connection:
        asked = ", ".join("regexp_matches(?, ?)" for _ in written)
        theirs = {
            text: connection.execute(
                f"SELECT {asked}", [x for w in written for x in (text, for_duckdb(w))]
            ).fetchone()
            for text in TEXTS
        }
    differ = [
        (text, pattern)
        for text in TEXTS
        for pattern, left, right in zip(PATTERNS, ours[text], theirs[text] or (), strict=True)
        if left != right
    ]
    assert not differ


def test_a_line_break_at_the_end_is_part_of_the_text() -> None:
    with duckdb.connect() as connection:
        pattern = for_duckdb(for_spark("^[0-9]+$"))
        asked = connection.execute("SELECT regexp_matches('1\n', ?)", [pattern])
        assert asked.fetchall() == [(False,)]
