"""The commands that README and docs/ tell people to type."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])

ELSEWHERE: Final = {
    # What all embedded tests do or share: they begin with `up` and end with `down`.
    "./weir up": "the fixture of the embedded tests",
    "./weir test": "what runs this",
    "./weir down": "the end of the embedded tests",
    "./weir samples replay --day 1997-07-15": "the test of the stream, which counts what it sent",
    "./weir new dataset shop/returns --from returns.csv": "the test of new datasets, in a copy",
    "./weir quarantine replay stores --yes": "the test of the quarantine, of its own rows alone",
    "./weir contracts diff": "the unit tests, in a repository of their own",
    "./weir contracts diff --against origin/main": "the unit tests, in a repository of their own",
    "./weir contracts propose stores --write": "the unit tests, in a project of their own",
    "eval $(./weir env)": "the test of other tools, in a shell",
    # An AWS account.
    "./weir redrive --stage prod": "an account",
    "pip install -r requirements.txt": "an environment for `cdk`; pinned with hashes",
    "cdk bootstrap": "an account",
    "cdk deploy --all -c stage=dev": "an account",
    "./weir cdk bootstrap": "an account",
    "./weir cdk deploy --all -c stage=dev": "an account",
    "./weir cdk deploy --all -c stage=dev -c allow_erase=true": "an account",
    "./weir cdk destroy --all -c stage=dev -c allow_erase=true": "an account",
}
"""Commands that no test types as they stand, each with who does or what they need."""

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`(\./weir [^`]+)`")
_PROGRAMS = ("./weir ", "aws ", "cdk ", "pip ")


@dataclass(frozen=True)
class Command:
    """One command of a page, without its comment."""

    page: str
    words: tuple[str, ...]

    @property
    def line(self) -> str:
        return " ".join(self.words)

    @property
    def runs_here(self) -> bool:
        """Whether the embedded platform can run it as it stands."""
        return self.words[0] == "./weir" and self.line not in ELSEWHERE

    def __str__(self) -> str:
        return f"{self.page}: {self.line}"


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of a page's fenced blocks."""
    return [(found[1], found[2]) for found in _BLOCK.finditer(page.read_text())]


def typed() -> list[Command]:
    """What stands in shell blocks, page by page, in order; `a && b` is two commands."""
    return [
        command
        for page in PAGES
        for language, text in blocks(page)
        if language == "sh"
        for line in text.replace("\\\n", " ").splitlines()
        for command in _split(page.name, line)
    ]


def mentioned() -> list[Command]:
    """What prose and tables name in passing, with words such as ID for a value."""
    return [
        Command(page.name, tuple(shlex.split(found)))
        for page in PAGES
        for found in _INLINE.findall(_BLOCK.sub("", page.read_text()))
    ]


def unlabelled() -> list[str]:
    """Commands in blocks that aren't marked as shell: nobody would find them."""
    return [
        f"{page.name}: {line}"
        for page in PAGES
        for language, text in blocks(page)
        if language != "sh"
        for line in text.splitlines()
        if line.startswith(_PROGRAMS)
    ]


def _split(page: str, line: str) -> list[Command]:
    words = shlex.split(line, comments=True)
    parts = " ".join(shlex.quote(word) if word != "&&" else "\n" for word in words).split("\n")
    return [Command(page, tuple(shlex.split(part))) for part in parts if part.strip()]
