"""Redshift Serverless and its Data API, with DuckDB as the engine.

What it holds to: Redshift's SQL as far as Weir and its users write it, one transaction a batch, IAM
for callers, the named role for COPY, grants inside the database. The rest it refuses by name.

Known differences: SUM of INTEGER is NUMERIC here (BIGINT in Redshift), AVG of integers isn't cut to
an integer, a division of NUMERICs is a DOUBLE; nothing is distributed, sorted or encoded; usage
limits are kept and never reached.
"""

from __future__ import annotations

import atexit


def install() -> None:
    """Serve redshift-serverless and redshift-data; called before MiniStack restores its state."""
    # Imported here: the modules need MiniStack, which the importers of this package may not.
    from embedded_aws.redshift.control import ControlPlane
    from embedded_aws.redshift.data_api import DataApi
    from embedded_aws.redshift.engine.database import Databases
    from embedded_aws.redshift.service import register
    from embedded_aws.state import StateDir

    databases = Databases(StateDir.current().plugin("redshift"))
    plane = ControlPlane(databases)
    data_api = DataApi(plane)
    register(plane, data_api)
    # Last registered, first called: statements end before their files close.
    atexit.register(databases.close)
    atexit.register(data_api.runs.stop)
