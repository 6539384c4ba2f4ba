"""A misspelled word is answered by the known one that it looks like, or by nothing."""

from __future__ import annotations

import pytest

from dataplatform.suggestions import did_you_mean, nearest


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("nubmer", ["string", "number"], "number"),
        ("STORES", ["stores", "sales"], "stores"),
        ("redshift_rpus", ["redshift_rpu", "redshift_rpu_hours"], "redshift_rpu"),
        ("created", ["createdAt"], "createdAt"),
        ("vector", ["string", "number"], ""),
        (17, ["string"], ""),
        (None, [], ""),
    ],
)
def test_the_nearest_known_word_is_suggested(word: object, known: list[str], found: str) -> None:
    assert nearest(word, known) == found
    assert did_you_mean(word, known) == (f'Did you mean "{found}"?' if found else "")
