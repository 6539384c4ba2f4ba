"""Writes the state of every service to disk: now and then, and at the end.

MiniStack saves only when it is shut down in order, in one attempt a service: a killed server loses
everything but S3's objects, and a dictionary that changes while it is copied loses that service.
Large values (the archive of a Lambda layer) go to files of their own, once, not into each snapshot.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from ministack import app
from ministack.core import persistence

logger = logging.getLogger("weir.snapshots")

GetState = Callable[[], Any]

_ATTEMPTS: Final = 20
_BLOB: Final = "__weir_blob__"
_BLOB_BYTES: Final = 64 << 10


class Snapshots:
    """The last snapshot of each service, on disk under `directory` in MiniStack's format."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._digests: dict[str, bytes] = {}
        self._lock = threading.Lock()
        # Values by identity, to hash each once; holding them keeps the identity theirs.
        self._blobs: dict[int, tuple[bytes, str]] = {}
        self._stock_default = persistence._json_default
        self._stock_hook = persistence._json_object_hook

    def install(self) -> None:
        """Save in MiniStack's own shutdown too, and read what we wrote."""
        app.save_all = self.save
        persistence._json_object_hook = self._decode

    def save_everything(self) -> int:
        """Save all services that are loaded; returns how many had changed."""
        return self.save(app._build_persistence_save_dict())

    def save(self, services: Mapping[str, GetState]) -> int:
        """Save the given services where they changed since the last time."""
        with self._lock:
            self._directory.mkdir(parents=True, exist_ok=True)
            return sum(self._save(name, get_state) for name, get_state in services.items())

    def _save(self, name: str, get_state: GetState) -> bool:
        text = self._encode(name, get_state)
        if text is None:
            return False
        digest = hashlib.blake2b(text).digest()
        if self._digests.get(name) == digest:
            return False
        path = self._directory / f"{name}.json"
        draft = path.with_suffix(".draft")
        draft.write_bytes(text)
        draft.replace(path)
        self._digests[name] = digest
        return True

    def _encode(self, name: str, get_state: GetState) -> bytes | None:
        """A consistent copy as JSON; None where there is nothing to save."""
        for attempt in range(_ATTEMPTS):
            try:
                state = get_state()
                if state is None:
                    return None
                wrapped = {
                    "__ministack_format__": persistence._state_format_version(name),
                    "payload": state,
                }
                return json.dumps(wrapped, default=self._default).encode()
            except RuntimeError as error:  # "dictionary changed size during iteration"
                if attempt + 1 == _ATTEMPTS:
                    logger.error("the state of %s can't be copied: %s", name, error)
            except TypeError as error:
                logger.error("the state of %s can't be saved: %s", name, error)
                return None
        return None

    def _default(self, value: Any) -> Any:
        if isinstance(value, bytes) and len(value) >= _BLOB_BYTES:
            return {_BLOB: self._blob(value)}
        return self._stock_default(value)

    def _blob(self, value: bytes) -> str:
        known = self._blobs.get(id(value))
        if known and known[0] is value:
            return known[1]
        name = hashlib.sha256(value).hexdigest()
        path = self._blob_path(name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(".draft")
            draft.write_bytes(value)
            draft.replace(path)
        self._blobs[id(value)] = (value, name)
        return name

    def _blob_path(self, name: str) -> Path:
        return self._directory / "blobs" / name

    def _decode(self, value: dict[str, Any]) -> Any:
        if _BLOB in value:
            return self._blob_path(value[_BLOB]).read_bytes()
        return self._stock_hook(value)
