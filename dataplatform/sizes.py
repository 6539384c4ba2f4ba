"""Bytes as people read them."""

from __future__ import annotations


def size(count: int) -> str:
    """Bytes for people, two figures or so: `6 MB`, `1.4 GB`."""
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.5 or unit == "TB":
            break
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
