"""The one Python environment: uv from PyPI, Python 3.11, and the locked packages of a set."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bootstrap import locks
from bootstrap.layout import Layout
from bootstrap.process import run
from bootstrap.progress import step
from bootstrap.trouble import Trouble, disk_full, free_bytes

SETS = (locks.UP, locks.TEST)
"""From the smallest to the largest; each holds all of the one before."""

_MARKER = "weir.pth"
"""Names the project, so that its packages are found from any directory."""

_ARCHIVE = "archive-v0"
"""Where uv's cache has one directory for each package that it fetched."""

_NEEDED_BYTES = {locks.UP: 4_000_000_000, locks.TEST: 4_500_000_000}


def is_ready(layout: Layout, lock: locks.Lock) -> bool:
    """Whether the environment holds this set exactly; costs a few file reads."""
    try:
        return _stamp(layout, lock).read_text() == _digest(layout, lock)
    except OSError:
        return False


def ensure(layout: Layout, lock: locks.Lock) -> None:
    """Make the environment hold a set, and whatever larger set it held before.

    Raises:
        Trouble: naming what is missing.
    """
    held = [each for each in SETS if _stamp(layout, each).exists()]
    largest = max([lock, *held], key=SETS.index)
    for place in (layout.cache, layout.project):
        if not layout.python.exists() and free_bytes(place) < _NEEDED_BYTES[largest]:
            raise disk_full("set-up", place)
    uv = ensure_uv(layout)
    _ensure_python(layout, uv)
    _install(layout, uv, largest)


def ensure_uv(layout: Layout) -> Path:
    """uv of the pinned version, in the cache.

    Raises:
        Trouble: neither pip nor ensurepip is there, or no network.
    """
    pinned = locks.UV.file(layout.project)
    digest = hashlib.sha256(pinned.read_bytes()).hexdigest()[:12]
    home = layout.cache / "uv" / digest
    if not (home / "bin" / "uv").is_file():
        with step("uv"):
            _install_uv(home, pinned)
    return home / "bin" / "uv"


def _install_uv(home: Path, pinned: Path) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=str(home.parent)) as scratch:
        pip = _pip(Path(scratch) / "venv")
        target = Path(scratch) / "uv"
        options = ["install", "--quiet", "--require-hashes", "--requirement", str(pinned)]
        options += ["--disable-pip-version-check", "--target", str(target)]
        run("getting uv", [*pip, *options], place=home.parent.parent)
        shutil.rmtree(str(home), ignore_errors=True)
        target.rename(home)


def _pip(scratch: Path) -> list[str]:
    """A pip: this Python's own, or one that it can make."""
    if (
        subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode
        == 0
    ):
        return [sys.executable, "-m", "pip"]
    if importlib.util.find_spec("ensurepip") is None:
        raise Trouble(
            f"{sys.executable} has neither pip nor ensurepip",
            "Debian and Ubuntu pack them apart; without one of them no package can be installed.",
            "Install them: sudo apt-get install -y python3-venv",
        )
    run("making a pip", [sys.executable, "-m", "venv", str(scratch)], place=scratch.parent)
    return [str(scratch / "bin" / "python"), "-m", "pip"]


def _ensure_python(layout: Layout, uv: Path) -> None:
    if _works_here(layout):
        return
    ours = sys.version_info[:2] == (3, 11) and layout.venv not in Path(sys.executable).parents
    python = sys.executable if ours else "3.11"
    with step("Python 3.11"):
        command = [str(uv), "venv", "--quiet", "--clear", "--python", python, str(layout.venv)]
        run("making .venv with Python 3.11", command, place=layout.project)


def _works_here(layout: Layout) -> bool:
    """Whether .venv is a Python 3.11 made for this place: its scripts hold its path."""
    if not layout.python.exists() or not _belongs(layout):
        return False
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    return run("asking .venv", [str(layout.python), "-c", question], place=layout.venv) == "3.11\n"


def _belongs(layout: Layout) -> bool:
    """True, too, for one whose installation was broken off before it was marked."""
    marker = layout.packages / _MARKER
    return not marker.exists() or marker.read_text().strip() == str(layout.project)


def _install(layout: Layout, uv: Path, lock: locks.Lock) -> None:
    pinned = lock.file(layout.project)
    for each in SETS:
        _stamp(layout, each).unlink(missing_ok=True)
    total = sum(map(_is_for_us, pinned.read_text().splitlines()))
    command = [str(uv), "pip", "sync", "--require-hashes", "--python", str(layout.python)]
    archive = (
        Path(run("asking uv", [str(uv), "cache", "dir"], place=layout.cache).strip()) / _ARCHIVE
    )
    before = _count(archive, "*")

    def progress() -> str:
        installed = _count(layout.packages, "*.dist-info")
        return f"{installed}/{total} installed, {_count(archive, '*') - before} fetched"

    with step("Python packages", progress):
        run("installing packages", [*command, str(pinned)], place=layout.venv)
    (layout.packages / _MARKER).write_text(f"{layout.project}\n")
    for each in SETS[: SETS.index(lock) + 1]:
        _stamp(layout, each).write_text(_digest(layout, each))


def _is_for_us(line: str) -> bool:
    """A pin, but not one of another system's or of a later Python."""
    return "==" in line and "'win32'" not in line and ">= '3.12'" not in line


def _count(directory: Path, pattern: str) -> int:
    return sum(1 for _ in directory.glob(pattern))


def _stamp(layout: Layout, lock: locks.Lock) -> Path:
    return layout.venv / f"{Path(lock.path).stem}.stamp"


def _digest(layout: Layout, lock: locks.Lock) -> str:
    """Of the lock file and the place: an environment that was moved doesn't work."""
    content = lock.file(layout.project).read_bytes() + str(layout.project).encode()
    return hashlib.sha256(content).hexdigest()
