"""Lambda layers as zips, made from their lock files alone: `layers/lake.txt`, `layers/base.txt`.

A zip is named by its lock file's hash and made once per machine; afterwards synthesis needs no
network. `WEIR_LAYERS` names another directory of finished zips: where Lambda's architecture isn't
the laptop's, a launcher puts zips of native wheels there under the same names, and the templates
stay the same, byte for byte.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dataplatform.errors import WeirError
from stacks.elf import glibc_needed
from stacks.runtime import GLUE_5_1, RUNTIMES, Runtime

DIRECTORY_VARIABLE: Final = "WEIR_LAYERS"
MAX_UNZIPPED_BYTES: Final = 240_000_000
"""Lambda takes 250 MB, function and layers together."""

_ROOT: Final = Path(__file__).resolve().parent.parent
_RECIPE: Final = b"2"  # counts changes to what is done below, which the lock files don't show
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_OLDEST_GLIBC: Final = 5

# What neither DuckDB nor PyIceberg reaches on Glue, S3 and Parquet. `rich` and libarrow_substrait
# look as idle and are imported on the normal path.
_TRIMMED: Final = (
    "bin/*",
    "hive_metastore/*",
    "*/__pycache__/*",
    "pyarrow/tests/*",
    "pyarrow/include/*",
    "pyarrow/src/*",
    "pyarrow/*.pxi",
    "pyarrow/*.pyx",
    "pyarrow/*.pxd",
    "pyarrow/*.h",
    "pyarrow/*flight*.so*",
    "pyarrow/*gandiva*.so*",
    "pyarrow/_pyarrow_cpp_tests*.so",
    *(f"pyarrow/_{module}.*.so" for module in ("orc", "dataset_orc", "hdfs", "gcsfs", "azurefs")),
    # Three copies of one library; only the first of its names is ever loaded.
    "pyarrow/libarrow_python*.so",
    "pyarrow/libarrow_python*.so.*.0.0",
)


class LayerNotBuilt(WeirError):
    """A Lambda layer can't be made from its lock file."""


@dataclass(frozen=True)
class Layer:
    """One layer, the lock file that it is made from, and the Python that it is for.

    A lock file has every wheel's hash, so one serves all runtimes; pip picks the wheels.
    """

    name: str
    runtime: Runtime = GLUE_5_1

    @property
    def lock(self) -> Path:
        """Its pinned wheels."""
        return _ROOT / "layers" / f"{self.name}.txt"

    @property
    def digest(self) -> str:
        """What the zip is made from: the asset hash, whatever machine made the zip."""
        python = b"" if self.runtime is GLUE_5_1 else self.runtime.python.encode()
        return hashlib.sha256(self.lock.read_bytes() + _RECIPE + python).hexdigest()

    def zip(self) -> Path:
        """The layer, made now if this machine has none.

        Raises:
            LayerNotBuilt: no network or no disk, or a wheel that Lambda can't load.
        """
        target = _directory() / f"{self.name}-{self.digest[:16]}.zip"
        if not target.is_file():
            _build(self, target)
        return target


LAKE: Final = Layer("lake")
"""PyArrow, DuckDB, PyIceberg."""
BASE: Final = Layer("base")
"""Powertools."""


def _directory() -> Path:
    given = os.environ.get(DIRECTORY_VARIABLE)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(given) if given else cache / "weir" / "layers"


def _build(layer: Layer, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{layer.name}-") as scratch:
            tree = Path(scratch) / "python"
            _install(layer, tree)
            _trim(tree)
            _strip(tree)
            _compile(layer, tree)
            _check(layer, tree)
            packed = Path(scratch) / "layer.zip"
            _pack(tree, packed)
            packed.replace(target)
    except OSError as error:
        raise _not_built(layer, f"{target.parent}: {error.strerror or error}") from error


def _install(layer: Layer, tree: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-compile", "--target", str(tree), "--python-version", layer.runtime.python]
    command += ["--only-binary", ":all:", "--require-hashes", "--requirement", str(layer.lock)]
    major, newest = layer.runtime.glibc
    for minor in range(newest, _OLDEST_GLIBC - 1, -1):
        command += ["--platform", f"manylinux_{major}_{minor}_x86_64"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        errors = [line for line in ended.stderr.splitlines() if line.startswith("ERROR")]
        raise _not_built(layer, "\n  ".join(errors[-2:]) or ended.stderr.strip()[-300:])


def _trim(tree: Path) -> None:
    for file in _files(tree):
        name = file.relative_to(tree).as_posix()
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in _TRIMMED):
            file.unlink()


def _strip(tree: Path) -> None:
    """Drop symbols that nothing reads at run time; without binutils the layer is only larger."""
    strip = shutil.which("strip")
    libraries = [str(file) for file in _files(tree) if _is_library(file)]
    if strip and libraries and sys.platform == "linux":
        subprocess.run([strip, "--strip-unneeded", *libraries], check=True, capture_output=True)


def _compile(layer: Layer, tree: Path) -> None:
    """Add byte code: Lambda can't write it below /opt, so each cold start would compile anew.

    It is bound to the runtime's Python, and isn't compared with the source, whose times no archive
    keeps. PyIceberg's import takes half the time with it. Without such a Python on this machine
    the layer works as well, and starts more slowly.
    """
    python = _interpreter(layer.runtime.python)
    if python is None:
        sys.stderr.write(
            f"layers/{layer.lock.name}: no Python {layer.runtime.python} on the PATH to compile it "
            "with, so functions that load it start more slowly.\n"
        )
        return
    command = [python, "-m", "compileall", "-qq", "-s", str(tree), "-p", "/opt/python"]
    command += ["--invalidation-mode", "unchecked-hash", str(tree)]
    # Its exit code tells of modules for other Pythons, too, which nobody imports.
    subprocess.run(command, check=False, capture_output=True)


def _interpreter(version: str) -> str | None:
    """A Python of that version which really runs (a shim of pyenv may be there and not)."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    found = shutil.which(f"python{version}")
    if not found:
        return None
    ran = subprocess.run([found, "-c", ""], check=False, capture_output=True)
    return found if ran.returncode == 0 else None


def _check(layer: Layer, tree: Path) -> None:
    size = sum(file.stat().st_size for file in _files(tree))
    if size > MAX_UNZIPPED_BYTES:
        raise _not_built(layer, f"{size:,} bytes unzipped, more than {MAX_UNZIPPED_BYTES:,}")
    for file in filter(_is_library, _files(tree)):
        needed = glibc_needed(file.read_bytes())
        if needed > layer.runtime.glibc:
            name, has = file.relative_to(tree), layer.runtime.glibc
            what = f"{name} needs glibc {needed[0]}.{needed[1]}; Lambda has {has[0]}.{has[1]}"
            raise _not_built(layer, what)


def _pack(tree: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for file in _files(tree):
            name = file.relative_to(tree.parent).as_posix()
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if _is_library(file) else 0o644) << 16
            archive.writestr(entry, file.read_bytes())


def _files(tree: Path) -> Iterator[Path]:
    """Every file, in an order that doesn't depend on the file system."""
    yield from sorted(path for path in tree.rglob("*") if path.is_file())


def _is_library(file: Path) -> bool:
    return ".so" in file.suffixes


def _not_built(layer: Layer, what: str) -> LayerNotBuilt:
    return LayerNotBuilt(
        f"layers/{layer.lock.name}: {what}",
        why=f"The {layer.name} layer couldn't be made, so nothing was synthesized.",
        remedy="It needs the package index once, and 600 MB of disk; then run the same again.",
    )


if __name__ == "__main__":
    for wanted in sys.argv[1:] or [GLUE_5_1.name]:
        for name in ("base", "lake"):
            sys.stdout.write(f"{Layer(name, RUNTIMES[wanted]).zip()}\n")
