"""Code as assets: zips whose bytes depend on the sources alone; no change, no deployment."""

from __future__ import annotations

import io
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
BUILD: Final = ROOT / "build" / "assets"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def code_zip(name: str, packages: tuple[str, ...], *, root: Path = ROOT) -> Path:
    """Zip the Python sources of some top-level packages.

    Returns:
        `build/assets/<name>.zip`; the same sources give the same bytes.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in packages:
            for source in sorted((root / package).rglob("*.py")):
                entry = zipfile.ZipInfo(str(source.relative_to(root)), date_time=_EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, source.read_bytes())
    return _built(f"{name}.zip", content.getvalue())


@cache
def lambda_code() -> Path:
    """One zip serves every function; their handlers differ."""
    return code_zip("lambda-code", ("dataplatform", "lambdas"))


@cache
def spark_code() -> Path:
    """What Glue puts on the Python path of every job (`--extra-py-files`)."""
    return code_zip("spark-code", ("dataplatform", "glue_jobs"))


def text_file(name: str, text: str) -> Path:
    """Write generated text where an asset can take it."""
    return _built(name, text.encode())


def _built(name: str, content: bytes) -> Path:
    """Put in place in one step: a synthesis beside this one may be reading."""
    BUILD.mkdir(parents=True, exist_ok=True)
    target = BUILD / name
    with tempfile.NamedTemporaryFile(dir=BUILD, delete=False) as draft:
        draft.write(content)
    Path(draft.name).replace(target)
    return target
