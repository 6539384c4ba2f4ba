"""What holds of the repository as a whole."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import PAGES

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("stacks", "lambdas", "glue_jobs", "dataplatform", "cli")
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)#?([^)\s]*)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.DOTALL | re.MULTILINE)
DECISIONS = ROOT / "docs" / "decisions"


@pytest.mark.parametrize("folder", PRODUCT)
def test_product_code_does_not_know_the_sample(folder: str) -> None:
    files = [*(ROOT / folder).rglob("*.py"), *(ROOT / folder).rglob("*.sql")]
    assert files
    assert [str(f) for f in files if "foodmart" in f.read_text().lower()] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    lost = [
        f"{target}#{anchor}"
        for target, anchor in LINK.findall(CODE.sub("", page.read_text()))
        for file in [page.parent / target if target else page]
        if not file.exists() or (anchor and anchor not in anchors(file))
    ]
    assert lost == []


def test_each_decision_stands_on_a_page_and_in_the_index() -> None:
    index = DECISIONS.with_suffix(".md")
    entries = {
        f"- [{title}](decisions/{page.name}#{anchor(title)})"
        for page in DECISIONS.glob("*.md")
        for title in headings(page)
    }
    listed = [line for line in index.read_text().splitlines() if line.startswith("- ")]
    assert len(listed) == len(entries)
    assert set(listed) == entries
    linked = [LINK.search(heading) for heading in headings(index)]
    assert all(linked), "an entry stands in the index itself; it belongs on its topic's page"


def headings(page: Path) -> list[str]:
    return re.findall(r"^##+ (.+)$", page.read_text(), re.MULTILINE)


def anchors(page: Path) -> set[str]:
    return {anchor(heading) for heading in headings(page)}


def anchor(heading: str) -> str:
    """What GitHub calls a heading's place."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_mypy_reads_each_part_of_the_cdk_that_is_imported() -> None:
    """It skips the others, whose names would be of any type here."""
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    (read,) = (each["module"] for each in overrides if each.get("follow_imports") == "normal")
    folders = [ROOT / "app.py", *(ROOT / name for name in ("stacks", "tests", "benchmarks"))]
    files = [
        f for folder in folders for f in ([folder] if folder.is_file() else folder.rglob("*.py"))
    ]
    imported = {name for file in files for name in cdk_imports(ast.parse(file.read_text()))}
    assert "aws_cdk.aws_iam" in imported
    assert imported <= set(read)


def cdk_imports(module: ast.Module) -> Iterator[str]:
    """Modules of the CDK that a module imports, also as names: `from aws_cdk import aws_iam`."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("aws_cdk"))
        elif isinstance(node, ast.ImportFrom) and str(node.module).startswith("aws_cdk"):
            yield str(node.module)
            if node.module == "aws_cdk":
                modules = (name.name for name in node.names if name.name.islower())
                yield from (f"aws_cdk.{name}" for name in modules)
