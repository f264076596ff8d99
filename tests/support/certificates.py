"""A certificate authority of a test's own, and a certificate for loopback that it signed."""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from webapp.core.db import utcnow

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Certificates:
    """Files of the authority, of one that signed nothing, and of the server with its key."""

    authority: Path
    other_authority: Path
    server: Path

    @property
    def shown(self) -> ssl.SSLContext:
        """What a server shows its certificate with."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.server)
        return context


def make(folder: Path, address: str = "127.0.0.1") -> Certificates:
    """Write fresh ones into the folder; the server's names the address, or the host where it is none."""
    made = Certificates(folder / "authority.pem", folder / "other.pem", folder / "server.pem")
    signing, key = _authority(made.authority), ec.generate_private_key(ec.SECP256R1())
    _authority(made.other_authority)
    named = x509.SubjectAlternativeName([_alternative(address)])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    builder = _begun(made.server.stem, made.authority.stem, key.public_key())
    certificate = builder.add_extension(named, False).add_extension(issuer, False).sign(signing, hashes.SHA256())
    kept = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    made.server.write_bytes(kept + certificate.public_bytes(serialization.Encoding.PEM))
    return made


def _authority(file: Path) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    builder = _begun(file.stem, file.stem, key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(usage, critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    file.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return key


def _begun(name: str, issuer: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().public_key(key).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(utcnow() - DAY).not_valid_after(utcnow() + DAY)
    return builder.subject_name(_named(name)).issuer_name(_named(issuer))


def _alternative(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
