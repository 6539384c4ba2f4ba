"""Which glibc a shared library needs, read from its ELF version needs (`.gnu.version_r`).

A wheel made for a newer glibc than Lambda's imports fine on a laptop and fails in AWS.
Layouts: System V ABI (section headers) and the LSB's symbol versioning chapter.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

_VERNEED = 0x6FFFFFFE
_GLIBC = re.compile(r"GLIBC_(\d+)\.(\d+)(?:\.\d+)?")

Version = tuple[int, int]


def glibc_needed(library: bytes) -> Version:
    """The newest glibc that a 64-bit little-endian library asks for; (0, 0) where it asks for none.

    Raises:
        ValueError: not such a library.
    """
    if library[:6] != b"\x7fELF\x02\x01":
        raise ValueError("not a 64-bit little-endian ELF file")
    found = (_GLIBC.fullmatch(name) for name in _version_names(library))
    return max(((int(match[1]), int(match[2])) for match in found if match), default=(0, 0))


def _version_names(library: bytes) -> Iterator[str]:
    sections = list(_sections(library))
    for kind, offset, link, count in sections:
        if kind != _VERNEED:
            continue
        strings = sections[link][1]
        need = offset
        for _ in range(count):
            _, auxiliaries, _, first, next_need = struct.unpack_from("<HHIII", library, need)
            auxiliary = need + first
            for _ in range(auxiliaries):
                _, _, _, name, next_auxiliary = struct.unpack_from("<IHHII", library, auxiliary)
                start = strings + name
                yield library[start : library.index(b"\0", start)].decode()
                auxiliary += next_auxiliary
            need += next_need


def _sections(library: bytes) -> Iterator[tuple[int, int, int, int]]:
    """(type, offset, link, info) of each section; for version needs, info is how many there are."""
    (table,) = struct.unpack_from("<Q", library, 0x28)
    size, count = struct.unpack_from("<HH", library, 0x3A)
    for number in range(count):
        header = struct.unpack_from("<IIQQQQIIQQ", library, table + number * size)
        yield header[1], header[4], header[6], header[7]
