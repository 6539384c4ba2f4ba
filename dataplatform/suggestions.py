"""The word that a person probably meant, for the remedy of an error."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: object, known: Iterable[str]) -> str:
    """The known word that one looks like, whatever its case; "" where none does."""
    by_lower = {each.lower(): each for each in known}
    near = get_close_matches(str(word).lower(), by_lower, n=1)
    return by_lower[near[0]] if near else ""


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """`Did you mean "number"?`, or nothing where no known word is near."""
    near = nearest(word, known)
    return f'Did you mean "{near}"?' if near else ""
