from __future__ import annotations

from pathlib import Path

import pytest

from stacks import assets, kept


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of the test's own for what a synthesis keeps."""
    directory = tmp_path / "build"
    for module in (assets, kept):
        monkeypatch.setattr(module, "BUILD", directory)
    return directory
