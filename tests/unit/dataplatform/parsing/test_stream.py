from __future__ import annotations

import gzip

import pytest

from dataplatform.errors import UnreadableObject
from dataplatform.parsing.csv_form import ENCODINGS
from dataplatform.parsing.stream import decode, unpack


def unpacked(*chunks: bytes) -> bytes:
    return b"".join(unpack(chunks))


def decoded(*chunks: bytes) -> str:
    return "".join(decode(chunks))


def test_plain_bytes_pass_unchanged() -> None:
    assert unpacked(b"", b"a", b"", b"bc") == b"abc"
    assert unpacked() == b""
    assert unpacked(b"\x1f") == b"\x1f"


def test_gzip_is_known_by_its_first_bytes_even_when_they_are_split() -> None:
    packed = gzip.compress(b"hello")
    assert unpacked(packed) == b"hello"
    assert unpacked(*(packed[i : i + 1] for i in range(len(packed)))) == b"hello"


def test_all_members_of_a_gzip_are_read_and_padding_ignored() -> None:
    packed = gzip.compress(b"one,") + gzip.compress(b"") + gzip.compress(b"two") + b"\0" * 600
    assert unpacked(packed) == b"one,two"
    assert unpacked(*(packed[i : i + 7] for i in range(0, len(packed), 7))) == b"one,two"


def test_a_gzip_unpacks_in_bounded_pieces() -> None:
    pieces = list(unpack([gzip.compress(b"x" * 5_000_000)]))
    assert sum(map(len, pieces)) == 5_000_000
    assert max(map(len, pieces)) <= 1024 * 1024


@pytest.mark.parametrize("kept", [2, 9, 10, 20, 300, -9, -8, -1])
def test_a_truncated_gzip_is_refused_wherever_it_is_cut(kept: int) -> None:
    packed = gzip.compress(bytes(range(256)) * 9, mtime=0)
    with pytest.raises(UnreadableObject, match="truncated gzip: it stops at byte"):
        unpacked(packed[:kept])


def test_garbage_after_a_gzip_member_is_refused() -> None:
    with pytest.raises(UnreadableObject, match="damaged gzip"):
        unpacked(gzip.compress(b"one") + b"garbage")


def test_a_wrong_checksum_is_refused() -> None:
    packed = bytearray(gzip.compress(b"hello, hello, hello"))
    packed[-6] ^= 1
    with pytest.raises(UnreadableObject, match="damaged gzip"):
        unpacked(bytes(packed))


def test_characters_split_between_chunks_are_whole() -> None:
    assert decoded(*(bytes([byte]) for byte in "Ærø 🚲".encode())) == "Ærø 🚲"


def test_a_byte_order_mark_is_dropped_at_the_start_only() -> None:
    assert decoded(b"\xef", b"\xbb\xbf", b"a\xef\xbb\xbfb") == "a\ufeffb"


@pytest.mark.parametrize(
    ("chunks", "offset"),
    [
        ([b"abc\xffdef"], 3),
        ([b"abc", b"de\xff"], 5),
        ([b"ab\xc3", b"(x"], 2),
        ([b"ab", b"c\xe2\x82"], 3),
        ([b"\xff\xfea\0"], 0),
    ],
)
def test_bad_utf8_is_refused_with_its_offset(chunks: list[bytes], offset: int) -> None:
    with pytest.raises(UnreadableObject, match=f"not UTF-8 at byte {offset}:"):
        decoded(*chunks)


def test_a_nul_byte_is_refused_with_its_offset() -> None:
    with pytest.raises(UnreadableObject, match="NUL byte at byte 4"):
        decoded(b"abc", b"d\0e")


def test_what_is_wrong_first_is_named() -> None:
    with pytest.raises(UnreadableObject, match="not UTF-8 at byte 1"):
        decoded(b"a\xff\0")
    with pytest.raises(UnreadableObject, match="NUL byte at byte 1"):
        decoded(b"a\0\xff")


@pytest.mark.parametrize("codec", sorted(set(ENCODINGS.values()) - {"ascii"}))
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_text_is_decoded_as_the_contract_says(codec: str, size: int) -> None:
    text = "Zoë, Ærø\nStraße\n"
    body = text.encode(codec)
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    assert "".join(decode(pieces, encoding=codec)) == text


def test_what_begins_with_the_mark_of_utf_8_is_utf_8() -> None:
    body = "\ufeffZoë".encode()
    for size in (1, 2, 100):
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        assert "".join(decode(pieces, encoding="cp1252")) == "Zoë"


@pytest.mark.parametrize(
    ("body", "codec", "said"),
    [
        (b"ab\x81c", "cp1252", "not windows-1252 at byte 2"),
        (b"ab\xe9", "ascii", "not US-ASCII at byte 2"),
        ("a\0b".encode("utf-16"), "utf-16", "NUL character after byte 0"),
        (b"a\0b", "iso8859-1", "NUL byte at byte 1"),
        (b"\xef\xbb\xbfab\xff", "cp1252", "not UTF-8 at byte 5"),
    ],
)
def test_what_is_in_another_encoding_is_told_by_name_and_place(
    body: bytes, codec: str, said: str
) -> None:
    with pytest.raises(UnreadableObject, match=said):
        list(decode([body], encoding=codec))
