from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from embedded_aws.tls import TRUST_STORE_PASSWORD, Certificates, ensure_certificates


def _shake_hands(certificates: Certificates, host: str) -> None:
    """A TLS handshake in memory; raises where the client doesn't trust the server."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificates.certificate, certificates.key)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context(cafile=str(certificates.authority)).wrap_bio(
        to_client, to_server, server_hostname=host
    )
    server = server_side.wrap_bio(to_server, to_client, server_side=True)
    waiting = {client, server}
    for _ in range(10):
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.discard(side)
            except ssl.SSLWantReadError:
                continue
    assert not waiting


def test_clients_that_trust_the_authority_reach_the_server_by_address_and_name(
    tmp_path: Path,
) -> None:
    certificates = ensure_certificates(tmp_path)
    _shake_hands(certificates, "127.0.0.1")
    _shake_hands(certificates, "localhost")


def test_the_key_is_the_owners_alone_and_the_authoritys_is_not_kept(tmp_path: Path) -> None:
    certificates = ensure_certificates(tmp_path)
    assert certificates.key.stat().st_mode & 0o077 == 0
    keys = [path.name for path in tmp_path.iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    assert keys == ["server.key"]


def test_certificates_survive_a_restart(tmp_path: Path) -> None:
    first = ensure_certificates(tmp_path).authority.read_bytes()
    assert ensure_certificates(tmp_path).authority.read_bytes() == first


def test_the_trust_store_holds_the_authority_for_a_jvm(tmp_path: Path) -> None:
    certificates = ensure_certificates(tmp_path)
    store = pkcs12.load_pkcs12(certificates.trust_store.read_bytes(), TRUST_STORE_PASSWORD.encode())
    authority = x509.load_pem_x509_certificate(certificates.authority.read_bytes())
    assert [entry.certificate for entry in store.additional_certs] == [authority]


def test_the_bundle_also_holds_the_machines_authorities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_text("the company's own\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(roots))
    certificates = ensure_certificates(tmp_path / "tls")
    bundle = certificates.bundle.read_text()
    assert bundle.startswith("the company's own")
    assert certificates.authority.read_text() in bundle
