"""The settings: names, meanings, defaults, and what each may be."""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from pipeline.custody import retention_of
from pipeline.messages import LanguageCode

PREFIX = "CONSTAT_"
_S3_URL = re.compile(r"s3://[^/@?#\s]+/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\?secure=(true|false))?")
_POSTGRES_URL = re.compile(
    r"postgresql(\+psycopg)?://([^/?#\s@]*@)?(\[[0-9a-fA-F:.]+\]|[^/?#\s@:,\[\]]*)(:\d{1,5})?/[^/?#\s]+(\?[^#\s]+)?"
)
_BROKER_URL = re.compile(
    r"(amqps?|rediss?)://([^/?#\s@]*@)?(\[[0-9a-fA-F:.]+\]|[^/?#\s@:\[\]]+)(:\d{1,5})?(/[^/?#\s]*)?(\?[^#\s]+)?"
)
_HTTP_URL = re.compile(r"https?://[^/?#\s@]+(/[^?#\s]*)?")
_SCANNER = re.compile(r"[^=;]{1,40}=\s*(sane|escl|folder):\S.*")
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):(\d{1,5})")
LONGEST_VERIFY_URL = 80
LEAST_WORKER_MEMORY_BYTES = 2 * 1024**3
"""With less a worker cannot even load what it reads with."""


class Settings(BaseModel):
    """What is in force. Each field is the setting `CONSTAT_<NAME>`, or `<name>` in the TOML file."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    data_dir: Path = Field(default_factory=lambda: user_data_path("constat"))
    database_url: str = Field(default="", repr=False)
    objects_url: str = ""
    s3_access_key: str = Field(default="", repr=False, validate_default=True)
    s3_secret_key: str = Field(default="", repr=False, validate_default=True)
    s3_region: str = "us-east-1"
    s3_retention: str = ""
    """What new objects are retained by; the bucket's own default where it is empty."""
    s3_sse: str = "none"
    """Who encrypts at rest: the server by a key of its own, or by one of its key service."""
    issuer: str = "generic"
    language: LanguageCode = "en"
    corpus_dir: Path | None = None
    layouts_dir: Path | None = None
    layouts_second_person: bool = True
    """A layout is put in force by somebody else than who edited it last."""
    cache_dir: Path = Field(default_factory=lambda: user_cache_path("constat"))
    """Prepared forms, made anew when they are missing."""
    worker_memory_bytes: int = Field(default=6 * 1024**3, ge=LEAST_WORKER_MEMORY_BYTES)
    """Address space of one worker; a sheet that needs more is in exception and the others go on."""
    worker_timeout_s: float = Field(default=300.0, ge=1.0, le=3600.0)
    """What one sheet may take; one that takes longer is in exception and the others go on."""
    worker_sheets: int = Field(default=500, ge=1)
    """After so many a worker process of `constat worker` is replaced by a new one."""
    worker_lease_s: float = Field(default=60.0, ge=1.0, le=3600.0)
    """A job of a worker that was not heard of for so long is given to another one."""
    verify_daily: bool = False
    """Workers recompute everything once a day, when nothing else is to be done."""
    jobs_most: int = Field(default=2000, ge=1)
    """Taking in waits while more jobs of workers are not finished."""
    least_free_bytes: int = Field(default=1024**3, ge=0)
    """Taking in for workers begins nothing, and waits, while the disk has less room."""
    broker_url: str = Field(default="", repr=False)
    """A queue that tells workers when to look; empty: work is done in the command itself."""
    retention_schedule: Path | None = None
    """The site's retention schedule; without one no paper may be destroyed."""
    seals_dir: Path | None = None
    """Where seals are written outside the database."""
    signing_key: Path | None = None
    """PEM file of the Ed25519 key that signs seals; outside the data folder."""
    signing_key_passphrase_file: Path | None = None
    tsa_url: str = ""
    """A time-stamping authority (RFC 3161)."""
    tsa_certs: Path | None = Field(default=None, validate_default=True)
    """PEM file of the certificates that its time stamps must lead to."""

    organization: str = Field(default="", max_length=200)
    """Whose archive it is; archive packages name it as their source."""
    signing_cert: Path | None = None
    """PKCS #12 or PEM file of the certificate and key that sign hard copies; outside the data folder."""
    signing_cert_passphrase_file: Path | None = None
    verify_url: str = ""
    """Address of a page where hard copies can be verified; their mark leads to it."""

    review_second_person: bool = True
    """A changed value of a critical field stands once two persons gave it."""
    review_double_keying: bool = False
    """Critical fields are keyed by two persons who do not see each other's value."""
    review_always_look: str = ""
    """Names of fields, with commas, that a person looks at even where the reader was sure."""
    review_crops_only: bool = False
    """Reviewers see the space of a field and not the page around it."""
    review_sample_percent: float = Field(default=0.0, ge=0.0, le=100.0)
    """Share of the fields that the reader was sure of, drawn at random, which a person keys blind."""
    review_check_percent: float = Field(default=0.0, ge=0.0, le=100.0)
    """Share of the fields that persons decided, drawn at random, which another person keys blind before the batch is
    closed."""
    review_lease_s: int = Field(default=300, ge=10, le=86_400)
    """How long a task is kept for whoever took it."""
    access_alert_per_hour: int = Field(default=150, ge=0, le=100_000)
    """Records that a person may look at within an hour, outside of tasks, before auditors are told; 0: never."""

    oidc_issuer: str = ""
    """An identity provider (OpenID Connect) that people may sign in by."""
    oidc_client_id: str = Field(default="", validate_default=True)
    oidc_client_secret: str = Field(default="", repr=False, validate_default=True)
    oidc_roles_claim: str = ""
    """The claim that lists a person's roles; where it is empty, roles are given by `constat user`."""

    @field_validator("oidc_issuer", mode="after")
    @classmethod
    def _known_provider(cls, url: str) -> str:
        if url and not url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise ValueError("must be https://...")
        return url

    @field_validator("oidc_client_id", "oidc_client_secret", mode="after")
    @classmethod
    def _known_to_the_provider(cls, text: str, info: ValidationInfo) -> str:
        if not text and info.data.get("oidc_issuer"):
            raise ValueError("must be given for a provider")
        return text

    public_url: str = ""
    """Address by which browsers reach the pages where it is not the server's own: that of a proxy with TLS."""

    hooks_key: Path | None = None
    """File of the key from which the secrets of all webhooks follow; outside the data folder."""
    hooks_networks: str = ""
    """Private networks that webhooks may lead into, with commas: `10.2.0.0/16`."""
    hooks_ca_certs: Path | None = None
    """PEM file of the authorities that receivers' certificates must lead to; where it is not given, the system's."""
    hooks_timeout_s: float = Field(default=10.0, ge=0.2, le=60.0)
    hooks_wait_s: float = Field(default=5.0, ge=0.05, le=600.0)
    """After the first failed try; later waits are longer, in proportion."""
    hooks_tries: int = Field(default=13, ge=1, le=13)
    """After so many a message is given up."""

    log: Literal["text", "json"] = "text"
    """How servers and workers write their log: for people, or for what collects logs."""
    watch_address: str = ""
    """Where `/health`, `/ready` and `/metrics` of a server or worker answer; nowhere where it is empty."""
    traces_url: str = ""
    """A collector of traces (OTLP over HTTP)."""

    scanners: str = ""
    """Scanners that the pages offer, by name, with semicolons: `Mail=sane:fujitsu:1; Counter=escl:http://10.2.0.7/eSCL`."""
    scan_qualification: Literal["off", "warn", "block"] = "warn"
    """What happens when a scanner without a valid qualification is to be used."""
    scan_qualification_days: int = Field(default=365, ge=1, le=3660)
    """A qualification is valid for so long."""

    @field_validator("scanners", mode="after")
    @classmethod
    def _known_scanners(cls, text: str) -> str:
        named = [its.strip() for its in text.split(";") if its.strip()]
        if not all(_SCANNER.fullmatch(its) for its in named):
            raise ValueError("must be NAME=URI")
        if len({its.partition("=")[0].strip() for its in named}) < len(named):
            raise ValueError("must have a name each")
        return text

    @property
    def scanner_list(self) -> tuple[tuple[str, str], ...]:
        """Names and addresses of the scanners in force, in their order."""
        named = (its.partition("=") for its in self.scanners.split(";") if its.strip())
        return tuple((name.strip(), uri.strip()) for name, _, uri in named)

    @field_validator("watch_address", mode="after")
    @classmethod
    def _known_address(cls, address: str) -> str:
        found = _ADDRESS.fullmatch(address)
        if address and (found is None or not 0 < int(found[2]) < 65_536):
            raise ValueError("must be HOST:PORT")
        return address

    @field_validator("traces_url", mode="after")
    @classmethod
    def _known_collector(cls, url: str) -> str:
        if url and not _HTTP_URL.fullmatch(url):
            raise ValueError("must be http://... or https://...")
        return url

    @field_validator("hooks_networks", mode="after")
    @classmethod
    def _known_networks(cls, text: str) -> str:
        for each in filter(None, map(str.strip, text.split(","))):
            ip_network(each)
        return text

    @field_validator("hooks_key", "hooks_ca_certs", mode="after")
    @classmethod
    def _absolute_for_hooks(cls, path: Path | None) -> Path | None:
        return None if path is None else path.expanduser().absolute()

    @field_validator("public_url", mode="after")
    @classmethod
    def _an_origin(cls, url: str) -> str:
        if url and not re.fullmatch(r"https://[a-z0-9.-]+(:\d{1,5})?/?", url):
            raise ValueError("must be https://HOST")
        return url.rstrip("/")

    @field_validator("verify_url", mode="after")
    @classmethod
    def _short_address(cls, url: str) -> str:
        # With more the code on a hard copy would be too fine to be printed.
        if url and (not url.startswith(("http://", "https://")) or len(url) > LONGEST_VERIFY_URL or "#" in url):
            raise ValueError("must be http://... or https://..., and short")
        return url

    @field_validator("tsa_url", mode="after")
    @classmethod
    def _known_authority(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("must be http://... or https://...")
        return url

    @field_validator("tsa_certs", mode="after")
    @classmethod
    def _trusted_authority(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        # A time stamp of an authority that nobody chose to trust proves nothing.
        if path is None and info.data.get("tsa_url"):
            raise ValueError("must name the certificates to trust")
        return path

    @field_validator("data_dir", "corpus_dir", "layouts_dir", "cache_dir", "seals_dir", "signing_key", mode="after")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return None if path is None else path.expanduser().absolute()

    @field_validator("signing_cert", "signing_cert_passphrase_file", mode="after")
    @classmethod
    def _absolute_cert(cls, path: Path | None) -> Path | None:
        return None if path is None else path.expanduser().absolute()

    @field_validator("signing_key_passphrase_file", "tsa_certs", "retention_schedule", mode="after")
    @classmethod
    def _absolute_too(cls, path: Path | None) -> Path | None:
        return None if path is None else path.expanduser().absolute()

    @field_validator("database_url", mode="after")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url and not url.startswith("sqlite:///") and not _POSTGRES_URL.fullmatch(url):
            raise ValueError("must be a file of SQLite or a database of PostgreSQL")
        return url.replace("postgresql://", "postgresql+psycopg://", 1)

    @field_validator("broker_url", mode="after")
    @classmethod
    def _known_broker(cls, url: str) -> str:
        if url and not _BROKER_URL.fullmatch(url):
            raise ValueError("must be RabbitMQ or Redis")
        return url

    @field_validator("objects_url", mode="after")
    @classmethod
    def _known_store(cls, url: str) -> str:
        if url and not url.startswith(("file:///", "/")) and not _S3_URL.fullmatch(url):
            raise ValueError("must be a directory or a bucket")
        return url

    @field_validator("s3_access_key", "s3_secret_key", mode="after")
    @classmethod
    def _known_to_the_server(cls, key: str, info: ValidationInfo) -> str:
        if not key and str(info.data.get("objects_url", "")).startswith("s3://"):
            raise ValueError("must be given for a bucket")
        return key

    @field_validator("s3_retention", mode="after")
    @classmethod
    def _a_term(cls, text: str) -> str:
        if text:
            retention_of(text)
        return text

    @field_validator("s3_sse", mode="after")
    @classmethod
    def _known_encryption(cls, text: str) -> str:
        if text not in ("none", "s3") and not re.fullmatch(r"kms:\S+", text):
            raise ValueError("must be none, s3 or kms:KEY")
        return text

    @property
    def database(self) -> str:
        """SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'constat.sqlite'}"

    @property
    def on_server(self) -> bool:
        """Whether the records are in a database that other machines may use too."""
        return self.database.startswith("postgresql")

    @property
    def bucket_url(self) -> str:
        """The bucket in force; empty for the directory store."""
        return self.objects_url if self.objects_url.startswith("s3://") else ""

    @property
    def objects_dir(self) -> Path:
        """Root of the directory store in force."""
        return Path(self.objects_url.removeprefix("file://")) if self.objects_url else self.data_dir / "objects"

    @property
    def seals_folder(self) -> Path:
        """Folder of seals in force."""
        return self.seals_dir or self.data_dir / "seals"
