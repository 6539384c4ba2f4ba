"""Bytes as landed to text: unpacked, decoded strictly, in pieces of bounded size."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from dataplatform.errors import UnreadableObject
from dataplatform.parsing.csv_form import UTF_8, UTF_16, encoding_name

_GZIP_MAGIC: Final = b"\x1f\x8b"
_GZIP: Final = 16 + zlib.MAX_WBITS
_PIECE: Final = 1024 * 1024


def unpack(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Undo gzip where the first two bytes say so, whatever the object's name.

    Raises:
        UnreadableObject: the gzip is cut short or damaged.
    """
    source = iter(chunks)
    head = b""
    while len(head) < len(_GZIP_MAGIC):
        chunk = next(source, None)
        if chunk is None:
            break
        head += chunk
    whole = chain((head,), source)
    return _gunzip(whole) if is_packed(head) else slices(whole)


def is_packed(head: bytes) -> bool:
    """Whether an object that begins so is gzip."""
    return head.startswith(_GZIP_MAGIC)


def decode(pieces: Iterable[bytes], *, first: bool = True, encoding: str = UTF_8) -> Iterator[str]:
    """Text, decoded strictly, without its byte order mark.

    A NUL byte has no place in text: it is a torn write or another encoding, and where records end
    can't be trusted any more.

    Args:
        first: the pieces begin where the object does; only there is a byte order mark one.
        encoding: Python's name of it. UTF-8's mark is no text of any other encoding: what begins
            with it is UTF-8, whatever was said.

    Raises:
        UnreadableObject: naming the offset, in bytes after unpacking.
    """
    source = iter(pieces)
    head = b""
    while first and len(head) < len(codecs.BOM_UTF8) and (piece := next(source, None)) is not None:
        head += piece
    if head.startswith(codecs.BOM_UTF8):
        head = head[len(codecs.BOM_UTF8) :]
        return _decoded(chain((head,), source), UTF_8, len(codecs.BOM_UTF8))
    return _decoded(chain((head,), source), encoding, 0)


def _decoded(pieces: Iterable[bytes], encoding: str, start: int) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    # UTF-16 writes half of its characters with a byte of 0: there the character tells.
    nul_byte = b"" if encoding == UTF_16 else b"\0"
    for piece in chain(pieces, (None,)):
        held = len(decoder.getstate()[0])
        nul = piece.find(nul_byte) if piece and nul_byte else -1
        try:
            text = decoder.decode(
                piece[:nul] if piece and nul >= 0 else piece or b"", piece is None
            )
        except UnicodeDecodeError as error:
            raise UnreadableObject(
                f"not {encoding_name(encoding)} at byte {start - held + error.start}: "
                f"{error.reason}"
            ) from error
        if nul >= 0:
            raise UnreadableObject(f"NUL byte at byte {start + nul}")
        if not nul_byte and "\0" in text:
            raise UnreadableObject(f"NUL character after byte {start}")
        start += len(piece or b"")
        if text:
            yield text


def slices(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that bound what is decoded at once."""
    for chunk in chunks:
        for start in range(0, len(chunk), _PIECE):
            yield chunk[start : start + _PIECE]


def _gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """All members of a gzip stream, as `zcat` reads them; zeros may follow the last."""
    member = zlib.decompressobj(_GZIP)
    read = 0
    for chunk in chunks:
        data = chunk
        while True:
            if member.eof:
                data = data.lstrip(b"\0")
                if not data:
                    break
                member = zlib.decompressobj(_GZIP)
            piece = _inflate(member, data, read)
            if piece:
                yield piece
            data = member.unused_data if member.eof else member.unconsumed_tail
            if not data and len(piece) < _PIECE:  # a full piece may have more behind it in zlib
                break
        read += len(chunk)
    if not member.eof:
        raise UnreadableObject(f"truncated gzip: it stops at byte {read}")


def _inflate(member: zlib._Decompress, data: bytes, read: int) -> bytes:
    try:
        return member.decompress(data, _PIECE)
    except zlib.error as error:
        raise UnreadableObject(f"damaged gzip after byte {read}: {error}") from error
