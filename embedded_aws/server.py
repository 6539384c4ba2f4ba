"""The server process: MiniStack with our plug-ins, on a socket that the supervisor opened.

We run Hypercorn ourselves, not `ministack.app.main()`: that one also listens on port 443 when it may,
writes a pid file to the shared temporary directory, and joins worker threads that sit in long polls
before it ends (more than ten seconds).
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import importlib.util
import logging
import os
import shutil
from typing import Final

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack

from embedded_aws.state import StateDir

logger = logging.getLogger("weir")

PLUGINS: Final = (
    "embedded_aws.plugins.cloudformation",
    "embedded_aws.plugins.custom_resources",
    "embedded_aws.plugins.encryption",
    "embedded_aws.functions",
    "embedded_aws.redshift",
    "embedded_aws.spark",
)
"""Modules with `install()`, in the order in which they are installed."""

_GRACE_SECONDS: Final = 1.0
"""How long requests under way may take at the end; clients retry."""


def install_plugins() -> None:
    """Install every plug-in, before the first request and before state is restored."""
    for name in PLUGINS:
        install = importlib.util.find_spec(name) and getattr(
            importlib.import_module(name), "install", None
        )
        if install:
            install()
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
    install_plugins()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(serve(ministack.app, configuration(listener)))  # type: ignore[arg-type]
    _end()


def _end() -> None:
    """Stop the Lambda workers, then leave without waiting for threads in long polls.

    State was saved when Hypercorn shut the application down. The supervisor kills whatever is left
    of this session.
    """
    from ministack.core import lambda_runtime

    lambda_runtime.reset()
    shutil.rmtree(StateDir.current().temporary, ignore_errors=True)
    logger.info("stopped")
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main()
