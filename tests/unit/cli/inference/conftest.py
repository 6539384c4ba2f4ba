from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.inference.model import Proposal
from cli.inference.propose import propose
from cli.inference.sources import located

Proposed = Callable[..., Proposal]


def silent(text: str) -> None:
    """Progress that nobody looks at."""


@pytest.fixture
def proposed(tmp_path: Path) -> Proposed:
    """What is proposed for a file of this name and content."""

    def of(name: str, content: str | bytes, dataset: str = "orders") -> Proposal:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        room = tmp_path / "room"
        room.mkdir(exist_ok=True)
        return propose("shop", dataset, located(str(path), room, silent), room, silent)

    return of
