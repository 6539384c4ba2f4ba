"""A function's environment variables and import path: its own, and nothing of the server's."""

from __future__ import annotations

import importlib.util
import os
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ministack.core import lambda_runtime

from embedded_aws.state import StateDir

_RUNTIME_PACKAGES: Final = (
    *("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"),
)
"""What AWS's Python runtime has besides the standard library. Anything else must be deployed."""

_SYSTEM_PATH: Final = "/usr/local/bin:/usr/bin:/bin"


def function_environment(
    config: dict[str, Any], code: Path, layers: Sequence[Path], temporary: Path
) -> dict[str, str]:
    """The whole environment of a function's process, with its role's credentials."""
    account, region = lambda_runtime._account_region_from_function_config(config)
    name = config.get("FunctionName", "")
    version = config.get("Version", "$LATEST")
    now = datetime.now(UTC)
    own = config.get("Environment", {}).get("Variables", {})
    return {
        "AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"],
        "AWS_CA_BUNDLE": os.environ["AWS_CA_BUNDLE"],
        # For handlers that answer CloudFormation by plain HTTPS.
        "SSL_CERT_FILE": os.environ["SSL_CERT_FILE"],
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        **own,
        "PATH": os.pathsep.join([*(str(layer / "bin") for layer in layers), _SYSTEM_PATH]),
        "LD_LIBRARY_PATH": os.pathsep.join(str(layer / "lib") for layer in layers),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        **lambda_runtime.execution_credentials(config),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', '')}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_LOG_GROUP_NAME": (config.get("LoggingConfig") or {}).get("LogGroup")
        or f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{now:%Y/%m/%d}/[{version}]{uuid.uuid4().hex}",
        "LAMBDA_TASK_ROOT": str(code),
        "_HANDLER": config.get("Handler", ""),
        "_WEIR_PATH": os.pathsep.join(_import_path(code, layers)),
    }


def _import_path(code: Path, layers: Sequence[Path]) -> list[str]:
    """Code first, then layers, then what the runtime brings, as in AWS."""
    layered: list[Path] = []
    for layer in layers:
        layered += sorted((layer / "python" / "lib").glob("python*/site-packages"))
        layered.append(layer / "python")
    return [str(path) for path in (code, *layered, runtime_packages(StateDir.current().unpacked))]


def runtime_packages(directory: Path) -> Path:
    """A directory of links to the packages that AWS's runtime has, out of this environment's."""
    target = directory / "runtime"
    target.mkdir(parents=True, exist_ok=True)
    for name in _RUNTIME_PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"{name} is part of Lambda's runtime, but isn't installed")
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        link = target / source.name
        if not link.is_symlink() or link.readlink() != source:
            link.unlink(missing_ok=True)
            link.symlink_to(source)
    return target
