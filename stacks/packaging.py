"""Lambda layers as zips, made from their lock files alone: `layers/lake.txt`, `layers/base.txt`.

A zip is named by its lock file's hash and made once per machine; afterwards synthesis needs no
network. `WEIR_LAYERS` names another directory of finished zips: where Lambda's architecture isn't
the laptop's, a launcher puts zips of native wheels there under the same names, and the templates
stay the same, byte for byte.
"""

from __future__ import annotations

import compileall
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
from py_compile import PycInvalidationMode
from typing import Final

from dataplatform.errors import WeirError
from stacks.elf import Version, glibc_needed

DIRECTORY_VARIABLE: Final = "WEIR_LAYERS"
LAMBDA_GLIBC: Final[Version] = (2, 26)
"""Python 3.11 in Lambda is Amazon Linux 2."""
MAX_UNZIPPED_BYTES: Final = 240_000_000
"""Lambda takes 250 MB, function and layers together."""

_ROOT: Final = Path(__file__).resolve().parent.parent
_RECIPE: Final = b"2"  # counts changes to what is done below, which the lock files don't show
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_PLATFORMS: Final = tuple(f"manylinux_2_{minor}_x86_64" for minor in range(26, 4, -1))

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
    """One layer and the lock file that it is made from."""

    name: str

    @property
    def lock(self) -> Path:
        """Its pinned wheels."""
        return _ROOT / "layers" / f"{self.name}.txt"

    @property
    def digest(self) -> str:
        """What the zip is made from: the asset hash, whatever machine made the zip."""
        return hashlib.sha256(self.lock.read_bytes() + _RECIPE).hexdigest()

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


def lake_layer_zip() -> Path:
    """The lake layer, for functions that read or write Iceberg."""
    return LAKE.zip()


def base_layer_zip() -> Path:
    """The base layer, for every function."""
    return BASE.zip()


def layer_digest(layer: Layer = LAKE) -> str:
    """The asset hash of a layer."""
    return layer.digest


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
            _compile(tree)
            _check(layer, tree)
            packed = Path(scratch) / "layer.zip"
            _pack(tree, packed)
            packed.replace(target)
    except OSError as error:
        raise _not_built(layer, f"{target.parent}: {error.strerror or error}") from error


def _install(layer: Layer, tree: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-compile", "--target", str(tree), "--python-version", "3.11"]
    command += ["--only-binary", ":all:", "--require-hashes", "--requirement", str(layer.lock)]
    for platform in _PLATFORMS:
        command += ["--platform", platform]
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


def _compile(tree: Path) -> None:
    """Add byte code: Lambda can't write it below /opt, so each cold start would compile anew.

    It is bound to Python 3.11, as this project and its functions are, and isn't compared with the
    source, whose times no archive keeps. PyIceberg's import takes half the time with it.
    """
    compileall.compile_dir(
        tree,
        quiet=2,
        stripdir=str(tree),
        prependdir="/opt/python",
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )


def _check(layer: Layer, tree: Path) -> None:
    size = sum(file.stat().st_size for file in _files(tree))
    if size > MAX_UNZIPPED_BYTES:
        raise _not_built(layer, f"{size:,} bytes unzipped, more than {MAX_UNZIPPED_BYTES:,}")
    for file in filter(_is_library, _files(tree)):
        needed = glibc_needed(file.read_bytes())
        if needed > LAMBDA_GLIBC:
            name = file.relative_to(tree)
            raise _not_built(layer, f"{name} needs glibc {needed[0]}.{needed[1]}; Lambda has 2.26")


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
    for each in (BASE, LAKE):
        sys.stdout.write(f"{each.zip()}\n")
