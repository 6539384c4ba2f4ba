"""Code and layers, extracted once for each content and shared by all execution environments."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
import zipfile
from io import BytesIO
from pathlib import Path

_lock = threading.Lock()


def unpacked(archive: bytes, directory: Path) -> Path:
    """The directory that holds the contents of a ZIP archive, made if missing.

    The name is the hash of the bytes, so that a restart finds it again. File modes are kept, as
    AWS keeps them.
    """
    target = directory / hashlib.sha256(archive).hexdigest()[:32]
    with _lock:
        if not target.exists():
            directory.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(dir=directory, prefix="draft-"))
            try:
                _extract(archive, draft)
                draft.chmod(0o755)
                draft.replace(target)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
    return target


def _extract(archive: bytes, target: Path) -> None:
    with zipfile.ZipFile(BytesIO(archive)) as zipped:
        for member in zipped.infolist():
            # `extract` drops drive letters, leading slashes and "..", so nothing escapes.
            path = zipped.extract(member, target)
            mode = (member.external_attr >> 16) & 0o777
            if mode and not member.is_dir():
                Path(path).chmod(mode | 0o400)
