"""Every command of README and docs/ exists as written, whether or not it can run here."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
import typer
from botocore import xform_name
from typer.core import TyperGroup

from benchmarks.__main__ import BENCHMARKS
from cli.app import app
from tests.commands import ELSEWHERE, Command, mentioned, typed, unlabelled


def examples(node: Any, *names: str) -> Iterator[Command]:
    """The example in each verb's own help."""
    if isinstance(node, TyperGroup):
        for name, verb in node.commands.items():
            yield from examples(verb, *names, name)
    else:
        text = str(node.epilog).splitlines()[0].removeprefix("Example: ")
        yield Command(f"{' '.join(names)} --help", tuple(shlex.split(text)))


EXAMPLES = list(examples(typer.main.get_command(app)))
COMMANDS = [*typed(), *mentioned(), *EXAMPLES]
WEIR = [command for command in COMMANDS if command.words[0] == "./weir"]
AWS = [command for command in typed() if command.words[0] == "aws"]


@pytest.mark.parametrize("command", WEIR, ids=str)
def test_verbs_and_options_exist(command: Command) -> None:
    """Parsed as the command line parses them; nothing is called."""
    words = [_value(word) for word in command.words[1:]]
    node: Any = typer.main.get_command(app)
    while isinstance(node, TyperGroup):
        if words[0].startswith("-"):
            assert words[0] in {option for each in node.params for option in each.opts}
            return
        name = words.pop(0)
        found = node.commands.get(name)
        assert found, f"{name} is no verb of {node.name}"
        node = found
    if words and "cdk" not in command.words:
        node.make_context(node.name, words).close()


def _value(word: str) -> str:
    """A word that stands for a value that is parsed becomes one."""
    return {"DAY": "1997-07-15"}.get(word, word)


@pytest.mark.parametrize("command", AWS, ids=str)
def test_calls_of_aws_exist_with_their_options(command: Command) -> None:
    """The AWS CLI makes its commands of the models that botocore ships, too."""
    service, operation, *rest = command.words[1:]
    model = botocore.session.get_session().get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in names
    shape = model.operation_model(names[operation]).input_shape
    assert shape is not None
    options = {xform_name(member, "-") for member in shape.members}
    assert {word.removeprefix("--") for word in rest if word.startswith("--")} <= options
    for word in rest:
        if word.startswith("{"):
            assert json.loads(word) is not None


def test_each_verbs_help_has_an_example_of_that_verb() -> None:
    for example in EXAMPLES:
        verb = example.page.split()[:-1]
        assert list(example.words[: len(verb) + 1]) == ["./weir", *verb]


def test_benchmarks_that_are_named_exist() -> None:
    for command in WEIR:
        if command.words[1] == "bench":
            names = {word.strip("[]") for word in command.words[2:]}
            assert names <= {*BENCHMARKS, "--list"}, command


def test_commands_stand_in_shell_blocks() -> None:
    assert unlabelled() == []


def test_what_runs_elsewhere_is_said_and_still_written() -> None:
    others = [c.line for c in typed() if not c.runs_here and c.words[0] != "aws"]
    assert set(others) == set(ELSEWHERE)
