"""Keys, certificates and authorities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import Settings
from pipeline.ports import PdfSigner, Signer, TimeAuthority
from pipeline.storage.clock import SystemClock

if TYPE_CHECKING:
    from pipeline.ports import IdentityProvider


def signer(settings: Settings) -> Signer | None:
    """The key that signs seals; null when none is configured. Raises OperatorError as `open_signer`."""
    return None if settings.signing_key is None else signer_at(settings.signing_key, settings)


def signer_at(path: Path, settings: Settings) -> Signer:
    """A key by its file. Raises as `open_signer`."""
    from pipeline.storage.signing.keys import open_signer

    return open_signer(path, data_dir=settings.data_dir, passphrase_file=settings.signing_key_passphrase_file)


def pdf_signer(settings: Settings) -> PdfSigner | None:
    """What signs hard copies; null without a certificate. Raises OperatorError as `open_pdf_signer`."""
    if settings.signing_cert is None:
        return None
    from pipeline.storage.signing.keys import passphrase_of
    from pipeline.storage.signing.pades import open_pdf_signer

    locked_by = settings.signing_cert_passphrase_file
    return open_pdf_signer(
        settings.signing_cert,
        data_dir=settings.data_dir,
        clock=SystemClock(),
        passphrase=None if locked_by is None else passphrase_of(locked_by, settings.data_dir),
        authority=time_authority(settings),
    )


def new_key(path: Path, settings: Settings) -> Signer:
    """Make a key. Raises as `write_new_key`."""
    from pipeline.storage.signing.keys import write_new_key

    locked_by = settings.signing_key_passphrase_file
    return write_new_key(path, data_dir=settings.data_dir, passphrase_file=locked_by)


def trust_anchors(path: Path) -> tuple[bytes, ...]:
    """Certificates (DER) of a PEM file. Raises OperatorError `certificates_unreadable`."""
    from pipeline.storage.signing.certificates import read_certificates

    return read_certificates(path)


def time_authority(settings: Settings) -> TimeAuthority | None:
    if not settings.tsa_url or settings.tsa_certs is None:
        return None
    from pipeline.storage.signing.time_stamps import HttpTimeAuthority

    return HttpTimeAuthority(settings.tsa_url, anchors=trust_anchors(settings.tsa_certs), clock=SystemClock())


def identity_provider(settings: Settings) -> IdentityProvider | None:
    """By which people may sign in; null when none is configured. One for all threads of a process."""
    if not settings.oidc_issuer:
        return None
    from pipeline.storage.identity_provider import OidcClient, OidcProvider
    from pipeline.storage.passwords import SystemChance

    client = OidcClient(
        settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret, settings.oidc_roles_claim
    )
    return OidcProvider(client, chance=SystemChance(), clock=SystemClock())
