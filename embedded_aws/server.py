"""The server process: MiniStack with our plug-ins, on a socket that the supervisor opened.

We run Hypercorn ourselves, not `ministack.app.main()`: that one also listens on port 443 when it
may, writes a pid file to the shared temporary directory, and waits for idle TLS clients and for
threads in long polls before it saves and ends (more than ten seconds).
"""

from __future__ import annotations

import argparse
import asyncio
import atexit
import importlib
import logging
import os
import shutil
import signal
from typing import Final

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack

from embedded_aws.snapshots import Snapshots
from embedded_aws.state import StateDir

logger = logging.getLogger("weir.server")
logging.getLogger("weir").setLevel(logging.INFO)

PLUGINS: Final = (
    "embedded_aws.plugins.cloudformation",
    "embedded_aws.plugins.alarms",
    "embedded_aws.plugins.custom_resources",
    "embedded_aws.plugins.stack_rollbacks",
    "embedded_aws.plugins.encryption",
    "embedded_aws.plugins.expressions",
    "embedded_aws.plugins.object_events",
    "embedded_aws.plugins.object_ranges",
    "embedded_aws.plugins.object_versions",
    "embedded_aws.plugins.secrets",
    "embedded_aws.plugins.event_sources",
    "embedded_aws.plugins.redrive",  # before what knows the execution that it runs
    "embedded_aws.plugins.state_machines",
    "embedded_aws.plugins.glue_resources",
    "embedded_aws.plugins.table_optimizers",
    "embedded_aws.plugins.athena_queries",
    "embedded_aws.firehose",
    "embedded_aws.functions",
    "embedded_aws.redshift",
    "embedded_aws.spark",
)
"""Modules with `install()`, in the order in which they are installed."""

_GRACE_SECONDS: Final = 1.0
"""How long requests under way may take at the end; clients retry."""

_SNAPSHOT_SECONDS: Final = 20.0
"""How much a killed server may forget."""


def install_plugins() -> None:
    """Install every plug-in, before the first request and before state is restored."""
    for name in PLUGINS:
        importlib.import_module(name).install()
        logger.info("plug-in %s", name)


def configuration(listener: int) -> Config:
    """Hypercorn on one inherited socket, with TLS."""
    config = Config()
    config.bind = [f"fd://{listener}"]
    config.certfile = os.environ["MINISTACK_SSL_CERT"]
    config.keyfile = os.environ["MINISTACK_SSL_KEY"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = _GRACE_SECONDS
    config.loglevel = "WARNING"
    return config


def main() -> None:
    """Serve until SIGTERM, save all state, and end at once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listener", type=int, required=True, help="descriptor of a bound socket")
    listener = parser.parse_args().listener
    os.set_inheritable(listener, False)
    snapshots = Snapshots(StateDir.current().services)
    snapshots.install()
    install_plugins()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(_serve(configuration(listener), snapshots))
    _end(snapshots)


async def _serve(config: Config, snapshots: Snapshots) -> None:
    """Serve until a signal, then for the grace time: idle TLS clients would hold us for 30 s."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    serving = asyncio.create_task(serve(ministack.app, config, shutdown_trigger=stop.wait))
    stopping = asyncio.create_task(stop.wait())
    while not (serving.done() or stopping.done()):
        await asyncio.wait(
            {serving, stopping},
            timeout=_SNAPSHOT_SECONDS,
            return_when=asyncio.FIRST_COMPLETED,
        )
        await asyncio.to_thread(snapshots.save_everything)
    await asyncio.wait({serving}, timeout=2 * _GRACE_SECONDS)
    if serving.done():
        serving.result()  # Raises what kept it from serving.


def _end(snapshots: Snapshots) -> None:
    """Stop what the server started, save, and leave without waiting for threads in long polls.

    The supervisor kills whatever is left of this session.
    """
    from ministack.core import lambda_runtime

    lambda_runtime.reset()
    atexit._run_exitfuncs()  # Plug-ins end their processes there; `_exit` wouldn't call them.
    snapshots.save_everything()
    shutil.rmtree(StateDir.current().temporary, ignore_errors=True)
    logger.info("stopped")
    os._exit(0)


if __name__ == "__main__":
    main()
