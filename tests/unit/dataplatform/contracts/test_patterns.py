from __future__ import annotations

import pytest

from dataplatform.contracts.patterns import fault


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[A-Z]{2}\d+$",
        r"a|b",
        r"(?:ab)+?",
        r"\.\-\/",
        r"\x41",
        r"(?i)abc",
        r"[^\s,]+",
        r"\\1",
        "ü+",
    ],
)
def test_plain_patterns_pass(pattern: str) -> None:
    assert fault(pattern) == ""


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ("(?=a)", "lookaround"),
        ("(?<!a)b", "lookaround"),
        (r"(a)\1", "back reference"),
        ("a++", "possessive"),
        ("(?>a)", "atomic"),
        ("(?P<n>a)", "named"),
        ("(?<n>a)", "named"),
        ("[a-z&&[^b]]", "set operation"),
        (r"\p{L}", "unusual escape"),
        (r"\h", "unusual escape"),
        (r"\xZ1", "unusual escape"),
        ("a{1,2000}", "repetition over 1000"),
        ("((?:ab{20}){10}){6}", "repetition over 1000"),
        ("a{,3}", "a brace"),
        (r"[\S]", "in a character class"),
        ("a(?i)b", "a flag"),
        ("(?s).", "a flag"),
        ("[]a]", "begins with ]"),
        ("(a", "a fault"),
        ("*a", "a fault"),
    ],
)
def test_what_engines_read_differently_is_named(pattern: str, named: str) -> None:
    assert named in fault(pattern)
