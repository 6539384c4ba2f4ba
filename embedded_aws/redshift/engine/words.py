"""A small reader over SQL tokens, for the statements that sqlglot doesn't parse.

Tokens, not patterns: a word in a string, a quoted name or a comment is never mistaken for syntax.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

import sqlglot
from sqlglot import TokenType
from sqlglot.dialects.redshift import Redshift

from embedded_aws.redshift.errors import SqlError

Kind = Literal["word", "name", "string", "number", "symbol"]

_KINDS: Final[dict[TokenType, Kind]] = {
    TokenType.IDENTIFIER: "name",
    TokenType.STRING: "string",
    TokenType.NUMBER: "number",
}


class _Plain(Redshift):
    """Redshift's tokens; sqlglot itself would take all that follows LOCK, SHOW… as one string."""

    class Tokenizer(Redshift.Tokenizer):
        COMMANDS: ClassVar = set()


_DIALECT: Final = _Plain()


@dataclass(frozen=True)
class Word:
    """A token and the half-open span of text that it came from."""

    text: str
    kind: Kind
    start: int
    end: int


def split_words(sql: str) -> list[Word]:
    """The statement's words; a trailing semicolon is dropped.

    Raises:
        SqlError: unbalanced quotes, no statement, or more than one.
    """
    words: list[Word] = []
    try:
        tokens = _DIALECT.tokenize(sql)
    except sqlglot.errors.TokenError as error:
        raise SqlError(f"syntax error: {error}") from error
    for token in tokens:
        if kind := _KINDS.get(token.token_type):
            words.append(Word(token.text, kind, token.start, token.end + 1))
            continue
        # sqlglot joins some keywords into one token ("PRIMARY KEY"); here each stands alone.
        for part in re.finditer(r"\S+", token.text):
            kind = "word" if part[0][0].isalpha() or part[0][0] == "_" else "symbol"
            start = token.start + part.start()
            words.append(Word(part[0], kind, start, start + len(part[0])))
    while words and words[-1].text == ";":
        words.pop()
    if any(word.text == ";" and word.kind == "symbol" for word in words):
        raise SqlError("cannot insert multiple commands into a prepared statement")
    if not words:
        raise SqlError("syntax error at end of input")
    return words


class Words:
    """Reads a statement word by word; keywords compare in upper case."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.words = split_words(sql)
        self.at = 0

    def __bool__(self) -> bool:
        return self.at < len(self.words)

    def peek(self, ahead: int = 0) -> str:
        """The word at hand in upper case; "" at the end, and for strings and quoted names."""
        place = self.at + ahead
        if place >= len(self.words) or self.words[place].kind in ("string", "name"):
            return ""
        return self.words[place].text.upper()

    def accept(self, phrase: str) -> bool:
        """Step over the phrase if it stands here."""
        wanted = phrase.split()
        if any(self.peek(ahead) != word for ahead, word in enumerate(wanted)):
            return False
        self.at += len(wanted)
        return True

    def expect(self, phrase: str) -> None:
        """Step over the phrase, which must stand here."""
        if not self.accept(phrase):
            raise self.syntax_error()

    def identifier(self) -> str:
        """One name; an unquoted one folds to lower case."""
        if not self or self.words[self.at].kind not in ("word", "name"):
            raise self.syntax_error()
        word = self.words[self.at]
        self.at += 1
        return word.text if word.kind == "name" else word.text.lower()

    def qualified(self) -> tuple[str, ...]:
        """`schema.table` as its parts, folded to lower case as Redshift does with quotes, too."""
        parts = [self.identifier().lower()]
        while self.accept("."):
            parts.append(self.identifier().lower())
        return tuple(parts)

    def string(self) -> str:
        """A string literal's value."""
        if not self or self.words[self.at].kind != "string":
            raise self.syntax_error()
        self.at += 1
        return self.words[self.at - 1].text

    def names(self) -> list[str]:
        """Comma-separated names."""
        found = [self.identifier()]
        while self.accept(","):
            found.append(self.identifier())
        return found

    def end(self) -> None:
        """Nothing may follow."""
        if self:
            raise self.syntax_error()

    def syntax_error(self) -> SqlError:
        """Names the word at hand, as Redshift does."""
        if not self:
            return SqlError("syntax error at end of input")
        return SqlError(f'syntax error at or near "{self.words[self.at].text}"')
