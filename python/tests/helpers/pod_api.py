"""As much of a Kubernetes API over HTTPS as a pod needs that asks to be deleted, and what it is given for that."""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from helpers.kubernetes_server import HOST, ApiServer, Json


class PodApi:
    """Keeps what it was asked, and answers always the same."""

    def __init__(self, folder: Path, status: int = 200, told: Mapping[str, Any] | None = None) -> None:
        self.account = folder / "serviceaccount"
        self.account.mkdir()
        (self.account / "token").write_text("a-token-of-tests")
        (self.account / "namespace").write_text("worker-default")
        self.status, self.told = status, told or {"kind": "Pod"}
        self.asked: list[tuple[str, str, str | None, bytes]] = []
        self._api = ApiServer(self, _Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_certificate(self.account), folder / "key.pem")
        self._api.server.socket = context.wrap_socket(self._api.server.socket, server_side=True)
        self._api.start()

    @property
    def environment(self) -> dict[str, str]:
        """What the pod's process finds in its environment."""
        return {
            "TANDEM_RETIRE": "true",
            "POD_NAME": "worker-7d9f-x2k4p",
            "POD_NAMESPACE": "worker-default",
            "KUBERNETES_SERVICE_HOST": HOST,
            "KUBERNETES_SERVICE_PORT": str(self._api.port),
            "TANDEM_SERVICE_ACCOUNT_FOLDER": str(self.account),
        }

    def close(self) -> None:
        """Answer no more."""
        self._api.close()


class _Handler(Json, BaseHTTPRequestHandler):
    cluster: PodApi

    def do_DELETE(self) -> None:
        """Note it, and answer."""
        self.cluster.asked.append((self.command, self.path, self.headers.get("Authorization"), self.body()))
        self.answer(self.cluster.status, self.cluster.told)


def _certificate(account: Path) -> Path:
    """A certificate that signs itself, where pods find that of their cluster; its key lies beside the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = account / "ca.crt"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    coded = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (account.parent / "key.pem").write_bytes(coded)
    return path
