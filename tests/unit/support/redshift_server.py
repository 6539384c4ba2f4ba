"""MiniStack with the Redshift plug-in alone, plain HTTP, IAM enforced; argument: the port."""

from __future__ import annotations

import asyncio
import atexit
import os
import sys

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app

from embedded_aws import redshift


def main() -> None:
    """Serve until SIGTERM, which saves the state."""
    redshift.install()
    config = Config()
    config.bind = [f"127.0.0.1:{sys.argv[1]}"]
    config.graceful_timeout = 1.0
    config.loglevel = "WARNING"
    asyncio.run(serve(app.app, config))
    atexit._run_exitfuncs()
    os._exit(0)  # MiniStack's threads sit in long polls


if __name__ == "__main__":
    main()
