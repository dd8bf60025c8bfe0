"""A self-signed certificate for a server of a rehearsal, as nobody outside it would trust."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from rehearsal.errors import MachineError

_YEARS = 10


def write(folder: Path, name: str) -> tuple[Path, Path]:
    """Make `server.crt` and `server.key` for a host name in the folder; the two files.

    Clients that encrypt without asking who answers take it (libpq's and lib/pq's `sslmode=require`); those that verify do
    not (`verify-full`), unlike RDS's own certificates with the bundle of their authorities.
    """
    try:
        from cryptography import x509  # noqa: PLC0415  (0.1 s, once on a machine)
        from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    except ImportError as problem:
        raise MachineError(
            "cryptography", f"it makes the database's certificate ({problem})", "install the lock: make setup"
        ) from problem
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "server.crt", folder / "server.key"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.touch(mode=0o600)
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return public, private
