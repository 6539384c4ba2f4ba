"""The platform as a person drives it: the wrapper's verbs, and the AWS APIs behind them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil

from cli.books import lifetime
from cli.screen import to_json
from cli.target import Target
from dataplatform.adapters.iceberg.tables import catalog, open_table
from dataplatform.adapters.s3_objects import s3
from dataplatform.naming import Zone
from embedded_aws.client import client_environment
from embedded_aws.processes import Processes
from embedded_aws.samples.api import Address
from embedded_aws.state import StateDir

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Platform:
    """An embedded platform of the tests' own, apart from the one that a person may have running.

    variables: of its commands' environment, besides the tests' own.
    first: what its `up` answered; first_snapshots: the tables as that left them.
    """

    state: Path
    variables: dict[str, str] = field(default_factory=dict)
    first: dict[str, Any] = field(default_factory=dict)
    first_snapshots: dict[str, int | None] = field(default_factory=dict)

    @property
    def assembly(self) -> Path:
        """Where `up` puts the templates, and finds them while the sources are the same."""
        return self.state / "cdk.out"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands."""
        own = {"WEIR_STATE_DIR": str(self.state), "COLUMNS": "100"}
        return {**os.environ, **self.variables, **own}

    def weir(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `./weir …` and, unless it may fail, show what it wrote when it does.

        Code 3 isn't a failure: what the run quarantined waits for a person.
        """
        done = subprocess.run(
            [str(ROOT / "weir"), *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode not in (0, 3):  # 3: records in quarantine
            raise AssertionError(
                f"weir {arguments} → {done.returncode}\n{done.stdout}\n{done.stderr}"
            )
        return done

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `./weir …` in a session of its own, as a terminal's foreground job."""
        return subprocess.Popen(
            [str(ROOT / "weir"), *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=_heed_ctrl_c,
        )

    def fails(self, *arguments: str, code: int = 1) -> str:
        """What a verb says when it fails, as it must."""
        done = self.weir(*arguments, check=False)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def json(self, *arguments: str) -> Any:
        """The answer of a verb with `--json`."""
        return json.loads(self.weir(*arguments, "--json").stdout)

    def sql(self, query: str) -> list[dict[str, Any]]:
        """Rows from the warehouse, as `./weir sql --json` gives them, by the function behind it.

        A verb takes a CPU second to start; `test_verbs_say_what_is_read_here` holds both together.
        """
        rows: list[dict[str, Any]] = json.loads(to_json(self.target.warehouse.query(query)))
        return rows

    @cached_property
    def target(self) -> Target:
        """The deployed stage, as the command line sees it."""
        os.environ["WEIR_STATE_DIR"] = str(self.state)
        os.environ.update(client_environment(self.state))
        return Target("dev", embedded=True)

    def reconnect(self) -> None:
        """Find the platform again after its address has changed."""
        self.__dict__.pop("target", None)
        catalog.cache_clear()
        s3.cache_clear()

    def processes(self) -> list[psutil.Process]:
        """Everything that runs for this platform: the server, what it started, the sample API."""
        records = Processes(StateDir.at(self.state)).records()
        return [process for record in records for process in record.session()]

    def port(self) -> int:
        """Where the embedded AWS listens."""
        return int(StateDir.at(self.state).port.read_text())

    def client(self, service: str) -> Any:
        """A boto3 client of the embedded AWS."""
        return self.target.client(service)

    def land(self, key: str, body: bytes) -> str:
        """Put an object into landing and wait until the ledger has it; returns its version."""
        bucket = self.target.output("LandingBucket")
        version = self.client("s3").put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]
        wait_until(lambda: self.target.ledger.is_registered(bucket, key, version), 60, key)
        return str(version)

    def books(self) -> dict[str, dict[str, int]]:
        """Lifetime books of every dataset, as `./weir status --json` gives them: see `sql`."""
        return lifetime(self.target)

    def totals(self, dataset: str) -> dict[str, int]:
        """Lifetime books of a dataset."""
        return self.books()[dataset]

    def table(self, name: str, *, where: str = "true", snapshot: int | None = None) -> Any:
        """Rows of a table of the lake ("silver.sales") as Arrow, read from its files."""
        return self._iceberg(name).scan(row_filter=where, snapshot_id=snapshot).to_arrow()

    def tables(self) -> list[str]:
        """Every silver and gold table ("silver.sales")."""
        plan = self.target.plan
        return [
            *(f"silver.{dataset.dataset}" for dataset in plan.datasets),
            *(f"gold.{model.name}" for model in plan.models),
        ]

    def snapshots(self) -> dict[str, int | None]:
        """The current snapshot of every silver and gold table."""
        return {name: self.snapshot(name) for name in self.tables()}

    def snapshot(self, name: str) -> int | None:
        """The current snapshot of a table of the lake ("silver.sales")."""
        snapshot: int | None = self._iceberg(name).metadata.current_snapshot_id
        return snapshot

    def metadata_location(self, name: str, glue: Any) -> str:
        """Where the catalogue finds a table's metadata: another place after each commit.

        Args:
            glue: a client of Glue, which takes longer to make than to ask.
        """
        zone, _, table = name.partition(".")
        database, _, bare = self.target.names.table(Zone(zone), table).partition(".")
        found = glue.get_table(DatabaseName=database, Name=bare)
        return str(found["Table"]["Parameters"]["metadata_location"])

    def _iceberg(self, name: str) -> Any:
        zone, _, table = name.partition(".")
        full_name = self.target.names.table(Zone(zone), table)
        return open_table(full_name)

    def job_runs(self) -> dict[str, int]:
        """How often each Glue job was started, by the output that names it."""
        glue = self.client("glue")
        return {
            job: len(glue.get_job_runs(JobName=self.target.output(job))["JobRuns"])
            for job in ("StageJob", "SilverJob", "GoldJob")
        }

    def source(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Speak to the sample sales API's own controls."""
        address = Address.read(self.state / "data" / "samples")
        assert address is not None
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(address.url + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def edit_sale(self, sale: str, measures: dict[str, str]) -> None:
        """Correct a sale line at its source."""
        self.source("PATCH", f"/_control/sales/{sale}", measures)

    def requests(self) -> list[dict[str, Any]]:
        """What was asked of the sample sales API, oldest first."""
        requests: list[dict[str, Any]] = self.source("GET", "/_control/requests")["requests"]
        return requests


def _heed_ctrl_c() -> None:
    """As a terminal starts programs; one that is started in the background ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def running(platform: Platform, *arguments: str) -> Iterator[Platform]:
    """Bring a platform up for the first time, and down in the end, without a trace."""
    with brought_down(platform):
        bring_up(platform, *arguments)
        yield platform


def bring_up(platform: Platform, *arguments: str) -> None:
    """By `./weir up` and these arguments, for the first time."""
    platform.first = platform.json("up", *arguments)
    platform.first_snapshots = platform.snapshots()


@contextmanager
def brought_down(platform: Platform) -> Iterator[None]:
    """Bring a platform down in the end, without a trace."""
    try:
        yield
        ran, port = platform.processes(), platform.port()
    finally:
        platform.weir("down", "--erase", "--yes")
    assert ran, "something ran until now"
    assert not [process for process in ran if runs(process)]
    assert not listens(port)
    assert not platform.state.exists()


@contextmanager
def out_of_sight(platform: Platform) -> Iterator[None]:
    """Let this process know nothing of a platform that goes on, so that another has its place."""
    shown = dict(os.environ)
    for name in client_environment(platform.state):
        os.environ.pop(name, None)
    platform.reconnect()
    try:
        yield
    finally:
        os.environ.update(shown)
        platform.reconnect()


def wait_until(
    condition: Callable[[], bool], seconds: float, what: str, *, every: float = 0.2
) -> None:
    """Poll until a condition holds; fail with its name after a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not after {seconds} s: {what}"
        time.sleep(every)


def runs(process: psutil.Process) -> bool:
    """Whether a process goes on; one that has ended and was collected by nobody doesn't."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def listens(port: int) -> bool:
    """Whether anybody answers at a port of this machine."""
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def assert_balanced(books: dict[str, int]) -> None:
    """Each record has one outcome; live rows are what was inserted and not deleted.

    But for what backfills have changed, which has books of its own.
    """
    outcomes = ("inserted", "updated", "deleted", "duplicate", "quarantined")
    told = {"rejudged": 0, "restored": 0, "withdrawn": 0, **books}  # a run's books have none
    assert books["source"] == sum(books[name] for name in outcomes) - told["rejudged"], books
    kept = books["inserted"] - books["deleted"]
    assert books["live"] == kept + told["restored"] - told["withdrawn"], books
