from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from embedded_aws import supervisor
from embedded_aws.client import Endpoint, client_environment, isolated_environment
from embedded_aws.errors import DiskFull, NotRunning, PortTaken
from embedded_aws.state import StateDir


def test_a_port_that_was_asked_for_and_is_taken_is_refused_by_name(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            supervisor.start(tmp_path, port=port)


def test_a_remembered_port_that_is_taken_gives_way_to_a_free_one(tmp_path: Path) -> None:
    state = StateDir.at(tmp_path)
    state.data.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as other:
        state.port.write_text(str(other.getsockname()[1]))
        with supervisor._listen(state, None) as listener:
            assert listener.getsockname()[1] != other.getsockname()[1]


def test_a_free_remembered_port_is_used_again(tmp_path: Path) -> None:
    state = StateDir.at(tmp_path)
    state.data.mkdir()
    with supervisor._listen(state, None) as listener:
        port = listener.getsockname()[1]
    state.port.write_text(str(port))
    with supervisor._listen(state, None) as listener:
        assert listener.getsockname()[1] == port


def test_a_full_disk_is_named_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=5 << 20))
    with pytest.raises(DiskFull, match="5 MiB are free"):
        supervisor.start(tmp_path)
    assert not StateDir.at(tmp_path).endpoint.exists()


def test_erasing_leaves_what_others_put_there(tmp_path: Path) -> None:
    state = StateDir.at(tmp_path)
    state.objects.mkdir(parents=True)
    (tmp_path / "cdk.out").mkdir()
    supervisor.erase(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["cdk.out"]


def test_erasing_removes_a_directory_that_was_ours_alone(tmp_path: Path) -> None:
    state = StateDir.at(tmp_path / "state")
    state.objects.mkdir(parents=True)
    supervisor.erase(state.root)
    assert not state.root.exists()


def test_stopping_nothing_makes_nothing(tmp_path: Path) -> None:
    assert supervisor.stop(tmp_path / "never") is False
    assert not (tmp_path / "never").exists()


def test_the_command_line_says_what_to_do_and_exits_with_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=0))
    assert supervisor.main(["start", "--state-dir", str(tmp_path)]) == 4
    assert "Make room" in capsys.readouterr().err


def test_status_without_a_server_is_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert supervisor.main(["status", "--state-dir", str(tmp_path)]) == 1
    assert json.loads(capsys.readouterr().out) == {"endpoint": None}


def test_a_client_is_told_where_and_whom_to_trust(tmp_path: Path) -> None:
    endpoint = Endpoint(
        endpoint="https://127.0.0.1:4567", ca_bundle="/ca.pem", trust_store="/t.p12", pid=1
    )
    endpoint.write(StateDir.at(tmp_path))
    environment = client_environment(tmp_path)
    assert environment["AWS_ENDPOINT_URL"] == "https://127.0.0.1:4567"
    assert environment["AWS_CA_BUNDLE"] == environment["NODE_EXTRA_CA_CERTS"] == "/ca.pem"
    assert Endpoint.read(tmp_path).port == 4567


def test_a_persons_own_aws_settings_dont_reach_the_child(tmp_path: Path) -> None:
    Endpoint(endpoint="https://127.0.0.1:1", ca_bundle="", trust_store="", pid=1).write(
        StateDir.at(tmp_path)
    )
    base = {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "secret", "PATH": "/bin"}
    environment = isolated_environment(tmp_path, base)
    assert environment["PATH"] == "/bin"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & environment.keys()


def test_without_a_server_the_client_is_told_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="./weir up"):
        client_environment(tmp_path)
