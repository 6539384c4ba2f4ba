"""Takes the physical options out of DDL: they change how Redshift stores rows, not which rows.

DuckDB has no distribution, sort keys or column encodings. Whether the options themselves are right
is judged on the SQL as written (sqlfluff's redshift dialect), before anything runs here.
"""

from __future__ import annotations

from typing import Final

from embedded_aws.redshift.engine.words import Words

_DIST_STYLES: Final = frozenset({"AUTO", "EVEN", "KEY", "ALL"})


def strip_physical(sql: str) -> str:
    """The statement without DISTSTYLE, DISTKEY, SORTKEY, ENCODE and BACKUP options.

    Raises:
        SqlError: an option that is incomplete.
    """
    words = Words(sql)
    cut: list[tuple[int, int]] = []
    depth = 0
    at_column_name = False
    while words:
        word, start = words.peek(), words.at
        if depth == 0 and word == "AS":
            break  # what follows is a query
        if not at_column_name and (
            _table_option(words) if depth == 0 else depth == 1 and _column_option(words)
        ):
            cut.append((words.words[start].start, words.words[words.at - 1].end))
            continue
        depth += (word == "(") - (word == ")")
        at_column_name = word in ("(", ",") and depth == 1
        words.at += 1
    for begin, end in reversed(cut):
        sql = sql[:begin] + " " * (end - begin) + sql[end:]
    return sql


def _table_option(words: Words) -> bool:
    """Step over one option that stands behind the column list."""
    if words.accept("DISTSTYLE"):
        if words.peek() not in _DIST_STYLES:
            raise words.syntax_error()
        words.at += 1
        return True
    if words.accept("DISTKEY"):
        _parenthesised(words)
        return True
    if words.peek() in ("COMPOUND", "INTERLEAVED"):
        words.at += 1
        words.expect("SORTKEY")
        _parenthesised(words)
        return True
    if words.accept("SORTKEY"):
        if not words.accept("AUTO"):
            _parenthesised(words)
        return True
    if words.accept("BACKUP"):
        if not (words.accept("YES") or words.accept("NO")):
            raise words.syntax_error()
        return True
    return words.accept("ENCODE AUTO")


def _column_option(words: Words) -> bool:
    """Step over one option that stands behind a column's type."""
    if words.accept("ENCODE"):
        words.identifier()
        return True
    return words.accept("DISTKEY") or words.accept("SORTKEY")


def _parenthesised(words: Words) -> None:
    words.expect("(")
    words.names()
    words.expect(")")
