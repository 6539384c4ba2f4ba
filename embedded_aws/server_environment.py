"""The environment of the server process: MiniStack's switches, and nothing of the person's."""

from __future__ import annotations

from typing import Final

from embedded_aws.client import ACCOUNT, REGION
from embedded_aws.state import STATE_DIR_VARIABLE, StateDir
from embedded_aws.tls import Certificates
from embedded_aws.tools import Tools

_HOST: Final = "127.0.0.1"


def server_environment(
    state: StateDir, certificates: Certificates, tools: Tools, port: int
) -> dict[str, str]:
    """Everything that the server is told; it inherits nothing."""
    return {
        **tools.environment(),
        STATE_DIR_VARIABLE: str(state.root),
        "TMPDIR": str(state.temporary),
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # Identity and address. The address is an IP: Java doesn't resolve `bucket.localhost`.
        "MINISTACK_HOST": _HOST,
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": _HOST,
        # IAM decides about each call, over TLS.
        "AUTH": "true",
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(certificates.certificate),
        "MINISTACK_SSL_KEY": str(certificates.key),
        # A restart finds everything again.
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state.services),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state.objects),
        # No listeners beside the one above, no search for a Docker daemon.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{state.run}/no-docker.sock",
        "LAMBDA_EXECUTOR": "local",
        "LAMBDA_STRICT": "0",
        "LOG_LEVEL": "WARNING",
        # The server's own calls (plug-ins that use boto3) come back to itself.
        "AWS_ENDPOINT_URL": f"https://{_HOST}:{port}",
        "AWS_CA_BUNDLE": str(certificates.authority),
        "SSL_CERT_FILE": str(certificates.bundle),
        "NODE_EXTRA_CA_CERTS": str(certificates.authority),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
    }
