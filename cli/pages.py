"""What the pages share that verbs write: no network, both colour schemes, any width."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Final

from cli.screen import WrongUsage

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #6a737d; --line: #d8dee4; --bar: #2f6feb;
  --bad: #c4320a; --back: #fff; --edge: #1b1f2440 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #3d444d;
  --bar: #4493f8; --bad: #ff7b72; --back: #0d1117; --edge: #e6edf340 } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back);
  max-width: 76rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem } small { color: var(--soft) }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: right }
.wide { overflow-x: auto; background: linear-gradient(to left, var(--back) 40%, transparent) right /
  4rem 100% no-repeat local, linear-gradient(to left, var(--edge), transparent) right / 1.6rem 100%
  no-repeat }
@media (max-width: 40rem) { body { margin: 1rem auto } h1 small { display: block } }
"""
"""What is wider than the page has a shadow on its right, which the end of it covers: `local`."""


def page(title: str, style: str, *parts: str) -> str:
    """A whole page.

    Args:
        title: as it is; it is escaped here.
        style: CSS of its own, after what all pages share.
        parts: HTML, in which every value from outside has been escaped.
    """
    return "".join(
        (
            "<!doctype html><html lang=en><meta charset=utf-8>",
            "<meta name=viewport content='width=device-width, initial-scale=1'>",
            f"<title>{escape(title)}</title><style>{_STYLE}{style}</style>",
            *parts,
            "</html>",
        )
    )


def write(path: Path, page: str) -> None:
    """Write a page where a person wants it.

    Raises:
        WrongUsage: it can't be written there.
    """
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise WrongUsage(
            f"--html {path}: {error.strerror}",
            why="The page wasn't written.",
            remedy="Name a file in a folder that is there, and that you may write to.",
        ) from error
