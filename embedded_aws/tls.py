"""A certificate authority of this state directory's own, for 127.0.0.1 and localhost."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import (
    PKCS12Certificate,
    serialize_java_truststore,
)

TRUST_STORE_PASSWORD: Final = "changeit"
"""Java's customary password: the store holds public certificates only."""

_NAMES: Final = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Certificates:
    """Files that the server and its clients need; all PEM but the trust store (PKCS12)."""

    directory: Path

    @property
    def authority(self) -> Path:
        """What clients trust."""
        return self.directory / "ca.pem"

    @property
    def certificate(self) -> Path:
        """What the server shows."""
        return self.directory / "server.pem"

    @property
    def key(self) -> Path:
        """The server's private key, readable by its owner alone."""
        return self.directory / "server.key"

    @property
    def trust_store(self) -> Path:
        """The authority for a JVM: `-Djavax.net.ssl.trustStore`."""
        return self.directory / "trust.p12"

    @property
    def bundle(self) -> Path:
        """This machine's authorities and ours, for code that also calls the world outside."""
        return self.directory / "bundle.pem"

    @property
    def complete(self) -> bool:
        """Whether every file is there."""
        return all(
            path.exists() for path in (self.authority, self.certificate, self.key, self.trust_store)
        )


def ensure_certificates(directory: Path) -> Certificates:
    """Make the certificates once; the authority's private key is never written down."""
    certificates = Certificates(directory)
    if not certificates.complete:
        _issue(certificates)
    # Made anew each time: the machine's authorities may have changed.
    roots = _system_roots()
    certificates.bundle.write_bytes(roots + b"\n" + certificates.authority.read_bytes())
    return certificates


def _issue(certificates: Certificates) -> None:
    certificates.directory.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA(organization_name="Weir embedded AWS")
    server = authority.issue_cert(*_NAMES, organization_name="Weir embedded AWS")
    certificates.key.touch(mode=0o600)
    certificates.key.write_bytes(server.private_key_pem.bytes())
    certificates.certificate.write_bytes(b"".join(pem.bytes() for pem in server.cert_chain_pems))
    certificates.authority.write_bytes(authority.cert_pem.bytes())
    certificates.trust_store.write_bytes(_java_trust_store(authority.cert_pem.bytes()))


def _system_roots() -> bytes:
    """The machine's own trusted authorities, which a company may have added to."""
    paths = ssl.get_default_verify_paths()
    for candidate in (os.environ.get("SSL_CERT_FILE"), paths.cafile, paths.openssl_cafile):
        if candidate and Path(candidate).is_file():
            return Path(candidate).read_bytes()
    return b""


def _java_trust_store(authority_pem: bytes) -> bytes:
    authority = x509.load_pem_x509_certificate(authority_pem)
    return serialize_java_truststore(
        [PKCS12Certificate(authority, b"weir")],
        BestAvailableEncryption(TRUST_STORE_PASSWORD.encode()),
    )
