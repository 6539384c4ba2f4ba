"""`weir cdk` says what is missing before the CDK CLI has worked for a minute."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cli import cdk as verb
from cli.screen import Exit

Weir = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    profiles = tmp_path / "config"
    profiles.write_text("[profile ours]\naws_access_key_id = a\naws_secret_access_key = b\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(profiles))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []

    class Tools:
        @classmethod
        def load(cls) -> Tools:
            return cls()

        def cdk(self, *arguments: str) -> list[str]:
            found.append(arguments)
            return ["true"]

        def environment(self) -> dict[str, str]:
            return {"PATH": "/bin:/usr/bin"}

    monkeypatch.setattr(verb, "Tools", Tools)
    return found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("deploy", "--all", "-c", "stage=prod"), "cdk deploy has no AWS credentials: none were"),
        (("bootstrap", "--profile", "theirs"), "(theirs)"),
        (("destroy", "--profile=theirs"), "(theirs)"),
    ],
)
def test_what_needs_an_account_says_that_it_has_none(
    weir: Weir, called: list[tuple[str, ...]], arguments: tuple[str, ...], said: str
) -> None:
    code, _, err = weir("cdk", *arguments)
    assert (code, called) == (Exit.ENVIRONMENT, [])
    assert said in " ".join(err.split())
    assert "Nothing was synthesized or changed." in err
    assert "AWS_PROFILE" in err and "./weir up" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("synth", "--quiet"),
        ("deploy", "--help"),
        ("deploy", "--plugin", "ours"),
        ("deploy", "--all", "--profile", "ours"),
        (),
    ],
)
def test_anything_else_is_the_cdk_s(
    weir: Weir, called: list[tuple[str, ...]], arguments: tuple[str, ...]
) -> None:
    code, _, err = weir("cdk", *arguments)
    assert (code, called, err) == (Exit.DONE, [arguments], "")
