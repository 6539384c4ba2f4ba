"""A model's file: a header of `-- key: value` comments, then one SELECT."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlglot import TokenType, exp, parse, tokenize
from sqlglot.errors import ParseError, TokenError

from dataplatform.errors import Problem
from dataplatform.suggestions import did_you_mean

_HEADER = re.compile(r"--\s*([A-Za-z_]+)\s*:\s*(.*?)\s*$")
COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
"""Names of columns and of models."""

_DEEPEST = 40
"""Parentheses and CASEs within each other: the parser goes some twenty calls deep for each."""

_UNCLOSED = re.compile(r"Missing (\S+) from (\d+):")
_CLASS = re.compile(r"<class '(?:\w+\.)*(\w+)'>")
_TOKEN = re.compile(r"<Token token_type: TokenType\.(\w+), text: (.*?), line: [^>]*>")


@dataclass
class SqlFile:
    """One model as written; problems gather here until all of it has been looked at.

    Attributes:
        file: path as problems should name it, from the project's root.
        name: the model's name: the file's, without `.sql`.
        domain: the folder below models/.
        header: key -> value; `header_lines` has the line (from 1) of each.
    """

    file: str
    name: str
    domain: str
    text: str
    header: dict[str, str] = field(default_factory=dict)
    header_lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(
        self, line: int | None, where: str, found: str, expected: str, remedy: str = ""
    ) -> None:
        """Note a problem."""
        self.problems.append(
            Problem(
                file=self.file,
                line=line,
                field=where,
                found=found,
                expected=expected,
                remedy=remedy,
            )
        )

    def words(self, key: str) -> tuple[str, ...]:
        """A header's comma-separated words; none where it isn't given."""
        return tuple(word.strip() for word in self.header.get(key, "").split(",") if word.strip())

    @contextmanager
    def bounded(self) -> Iterator[None]:
        """Note where what is done with the SQL goes deeper than Python's stack."""
        try:
            yield
        except RecursionError:
            self.too_deep()

    def too_deep(self) -> None:
        """Note that terms are nested beyond what can be followed."""
        remedy = "Name what is within in a WITH, and go on from there."
        self.add(
            None,
            "(sql)",
            "terms nested too deeply",
            f"at most {_DEEPEST} within each other",
            remedy,
        )

    def query(self, dialect: str) -> exp.Query | None:
        """The one SELECT of the file; None (and a problem) where it isn't that."""
        try:
            if _too_deep(self.text, dialect):
                self.too_deep()
                return None
            statements = [s for s in parse(self.text, dialect=dialect) if s is not None]
        except ParseError as error:
            for item in error.errors:
                found = f'{_plain(item["description"])} near "{item["highlight"]}"'
                self.add(item["line"], "(sql)", found, f"a {dialect.capitalize()} SELECT")
            return None
        except TokenError as error:
            line, found = _unclosed(error)
            self.add(line, "(sql)", found, f"a {dialect.capitalize()} SELECT")
            return None
        except RecursionError:
            self.too_deep()
            return None
        if len(statements) != 1 or not isinstance(statements[0], exp.Query):
            kinds = ", ".join(statement.key.upper() for statement in statements) or "nothing"
            self.add(None, "(sql)", kinds, "one SELECT")
            return None
        return statements[0]


def read(path: Path, root: Path, keys: tuple[str, ...], needed: tuple[str, ...]) -> SqlFile:
    """Read a file and its header.

    Args:
        keys: the header's keys that are understood.
        needed: those that must be there.
    """
    relative = path.relative_to(root)
    domain = relative.parts[1]
    found = SqlFile(relative.as_posix(), path.stem, domain, "")
    if not _read_text(found, path):
        return found
    if not COLUMN_NAME.fullmatch(found.name):
        found.add(None, "(file name)", f'"{found.name}"', "lower-case letters, digits, underscores")
    _read_header(found, keys)
    for key in needed:
        if not found.header.get(key):
            found.add(1, key, "nothing", f"a line `-- {key}: ...` at the top of the file")
    return found


def _read_text(found: SqlFile, path: Path) -> bool:
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        wrong = f"byte {error.start} is not UTF-8"
        found.add(None, "(file)", wrong, "UTF-8 text", "Save it as UTF-8.")
        return False
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        found.add(line, "(file)", "a NUL character", "UTF-8 text", "Remove it.")
        return False
    found.text = text
    return True


def _read_header(found: SqlFile, keys: tuple[str, ...]) -> None:
    for number, line in enumerate(found.text.splitlines(), start=1):
        if not line.startswith("--"):
            break
        match = _HEADER.match(line)
        if match and match[1] in found.header:
            first = found.header_lines[match[1]]
            found.add(number, match[1], f"a second line of it, after line {first}", "one line")
        elif match and match[1] in keys:
            found.header[match[1]], found.header_lines[match[1]] = match[2], number
        elif match and (near := did_you_mean(match[1], keys)):
            found.add(number, match[1], "an unknown header", f"one of {', '.join(keys)}", near)


def _too_deep(text: str, dialect: str) -> bool:
    depth, deepest = 0, 0
    for token in tokenize(text, dialect):
        if token.token_type in (TokenType.L_PAREN, TokenType.CASE):
            depth += 1
            deepest = max(deepest, depth)
        elif token.token_type in (TokenType.R_PAREN, TokenType.END):
            depth -= 1
    return deepest > _DEEPEST


def _plain(description: str) -> str:
    """What the parser says, without the names of its own classes."""
    said = _TOKEN.sub(lambda m: "the end" if m[1] == "SENTINEL" else f'"{m[2]}"', description)
    return _CLASS.sub(lambda m: m[1], said)


def _unclosed(error: TokenError) -> tuple[int | None, str]:
    """Line and words for SQL that can't be told apart into words: as a rule a quote is open."""
    match = _UNCLOSED.search(str(error.__context__))
    if match:
        return int(match[2]), f"{match[1]} that never closes"
    if isinstance(error.__context__, IndexError):
        return None, "a comment that never closes"
    return None, str(error.__context__ or error)


def line_of(node: exp.Expr) -> int | None:
    """Line (from 1) of a node or of the first thing in it that knows its own."""
    for inner in node.walk():
        line = inner.meta.get("line")
        if line:
            return int(line)
    return None


def line_around(node: exp.Expr) -> int | None:
    """Line of a node, or of the nearest thing around it that knows its own."""
    at: exp.Expr | None = node
    while at is not None:
        if line := line_of(at):
            return line
        at = at.parent
    return None
