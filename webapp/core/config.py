"""Every setting of Frontdesk in one typed class, read from the environment and refused when wrong."""

import ssl
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from webapp.core import production, redis_client
from webapp.core.audit_values import AuditSettings
from webapp.core.marketing_values import MarketingSettings
from webapp.core.meeting_values import MeetingSettings
from webapp.core.production import DEVELOPMENT_SECRET
from webapp.core.values import (
    BucketAddress,
    CaFile,
    Claims,
    Country,
    DatabaseUrl,
    Endpoint,
    Folder,
    FolderMode,
    Group,
    HostNames,
    HttpUrl,
    Issuer,
    Languages,
    Limit,
    LiveKitUrl,
    LogLevel,
    Networks,
    RedisUrl,
    Scopes,
    StorageUrl,
    Words,
    Zone,
    bucket_address,
    group_id,
    is_loopback,
)

PRIVATE_NETWORKS = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10")


class Settings(MarketingSettings, AuditSettings, MeetingSettings):
    """The settings; each is an environment variable of the same name behind FRONTDESK_."""

    model_config = SettingsConfigDict(env_prefix="FRONTDESK_", extra="ignore")

    environment: Literal["production", "development", "testing"] = Field(
        "production", description="production refuses unsafe settings; development and testing do not"
    )
    brand: str = Field("Frontdesk", description="name shown in the sidebar and in mails")
    organisation: str = Field("", description="line below the name")
    secret_key: SecretStr = Field(
        SecretStr(DEVELOPMENT_SECRET), description="signs cookies; at least 32 random characters"
    )
    public_url: HttpUrl = Field("http://127.0.0.1:8000", description="address under which browsers reach Frontdesk")
    trusted_hosts: HostNames = Field(
        [], description="further host names under which pages are served; hooks, probes and metrics take any"
    )
    proxy_count: int = Field(0, ge=0, le=5, description="reverse proxies in front whose X-Forwarded-* are trusted")
    log_level: LogLevel = Field("info", description="least level of log lines; info: also requests, debug: also probes")
    max_body_bytes: int = Field(2_000_000, ge=10_000, description="largest request body accepted, in bytes")

    database_url: DatabaseUrl = Field("sqlite:///var/frontdesk.sqlite3", description="sqlite:///file or postgresql://…")
    database_pool_size: int = Field(
        24, ge=4, le=400, description="most PostgreSQL connections of a process: half for reading, half for changes"
    )
    database_patience: float = Field(1, ge=1, le=60, description="times 5 s a page waits for PostgreSQL, a hook 2.5 s")
    schema_wait_seconds: int = Field(
        0, ge=0, le=3600, description="seconds in which servers that start wait for `flask db upgrade`; 0: they refuse"
    )
    redis_url: RedisUrl = Field("", description="redis://… for jobs and limits of several processes; empty: embedded")

    livekit_url: LiveKitUrl = Field(
        "http://127.0.0.1:7880", description="LiveKit's address as Frontdesk reaches it: http(s):// or ws(s)://"
    )
    livekit_api_key: str = Field("devkey", min_length=1, description="API key, also of the incoming webhooks")
    livekit_api_secret: SecretStr = Field(
        SecretStr("development-livekit-secret-of-32-characters"), description="API secret of that key"
    )
    livekit_timeout: float = Field(5.0, gt=0, le=60, description="seconds to wait for LiveKit in a request")
    livekit_ca_file: CaFile = Field("", description="certificates (PEM) trusted for LiveKit; empty: the system's")
    livekit_verify_tls: bool = Field(True, description="check LiveKit's certificate; false in development only")

    metrics_token: SecretStr = Field(SecretStr(""), description="bearer token that /metrics asks for; empty: none")
    metrics_networks: Networks = Field(
        list(PRIVATE_NETWORKS), description="networks that may read /metrics while it asks for no token"
    )
    worker_port: int = Field(0, ge=0, le=65535, description="port of `flask worker`'s /healthz and /metrics; 0: none")
    worker_address: str = Field("127.0.0.1", description="address of this machine on which it answers them")

    oidc_issuer: Issuer = Field("http://127.0.0.1:7881", description="OpenID provider's issuer")
    oidc_name: str = Field("", description="provider's name on the sign-in button; empty: its host name")
    oidc_client_id: str = Field("frontdesk", min_length=1, description="client id at the provider")
    oidc_client_secret: SecretStr = Field(SecretStr("frontdesk-secret"), description="client secret at the provider")
    oidc_scopes: Scopes = Field("openid email profile", description="scopes asked for, separated by blanks")
    oidc_algorithm: Literal["RS256", "RS384", "RS512", "PS256", "ES256", "HS256"] = Field(
        "RS256", description="signature of the id_token; never taken from the token itself"
    )
    oidc_timeout: float = Field(5.0, gt=0, le=60, description="seconds to wait for the provider")
    oidc_leeway: int = Field(60, ge=0, le=600, description="seconds of clock difference that are forgiven")
    oidc_trust_email: bool = Field(
        False, description="count addresses as verified when the provider never sends email_verified"
    )
    oidc_email_claims: Claims = Field(["email"], description="claims of the address; the first that holds one counts")
    oidc_email_verified_claims: Words = Field(
        ["email_verified", "xms_edov"], description="claims that say whether the address is verified; the first counts"
    )
    oidc_full_name_claims: Words = Field(["given_name", "usual_name"], description="claims joined to the full name")
    oidc_short_name_claim: str = Field("given_name", description="claim of the short name")
    oidc_staff_claim: str = Field(
        "", description="claim with the staff role; empty: set under People or by `flask users` only"
    )
    oidc_support_values: Words = Field(["frontdesk-support"], description="values of it that mean support")
    oidc_admin_values: Words = Field(["frontdesk-admin"], description="values of it that mean admin")
    session_hours: int = Field(12, ge=1, le=720, description="hours until a sign-in ends by itself")
    staff_session_hours: int = Field(8, ge=1, le=720, description="the same for staff, where it is less")
    people_listing: bool = Field(
        False,
        description="let admins list everybody; else they find a person by the exact address, and staff are listed",
    )
    sign_in_limit: Limit = Field("20 per minute", description="rate limit of sign-in, per address")

    languages: Languages = Field(["en", "fr"], description="languages offered")
    timezone: Zone = Field("Europe/Paris", description="time zone of people who chose none")

    phone_number: str = Field("", description="number to dial where a trunk lists none, in international form")
    phone_country: Country = Field("FR", description="country of national numbers")
    pin_length: int = Field(10, ge=4, le=16, description="digits of a new PIN; LiveKit reads at most 16")
    pin_quarantine_days: int = Field(30, ge=0, le=3650, description="days in which a rotated PIN reaches nobody")
    sweep_seconds: int = Field(60, ge=5, le=3600, description="seconds between two sweeps against LiveKit")

    caller_key_days: int = Field(
        30, ge=1, le=365, description="days after which callers get new pseudonyms and the key of the old ones goes"
    )
    shown_attributes: Words = Field(
        [
            *("sip.phoneNumber", "sip.trunkPhoneNumber", "sip.hostname", "sip.callStatus"),
            *("sip.callID", "sip.trunkID", "sip.ruleID", "frontdesk.held"),
        ],
        description="participants' attributes whose value is revealed to those who may; of others only the name is",
    )
    callers_without_hold: Literal["enter", "turn_away"] = Field(
        "enter",
        description="what callers do who would have to wait when LiveKit cannot give a muted one the floor back",
    )
    calls_keep_days: int = Field(90, ge=1, le=3650, description="days after which calls are forgotten")
    lobby_waiting_seconds: int = Field(30, ge=10, le=600, description="seconds after the last poll until expiry")
    lobby_room_limit: int = Field(100, ge=1, le=10_000, description="guests that may wait for one room")
    lobby_address_percent: int = Field(
        50,
        ge=1,
        le=100,
        description="seats of a room that one address may hold, ten in any case; signed in, they do not count",
    )
    lobby_network_percent: int = Field(75, ge=1, le=100, description="the same of the network around it (/24, /48)")
    lobby_minute_limit: int = Field(60, ge=1, le=10_000, description="requests of one address for one room in a minute")
    join_limit: Limit = Field("120 per minute", description="rate limit of asking to join, per address")
    unknown_link_limit: Limit = Field(
        "30 per minute", description="rate limit of links to rooms that do not exist, per address"
    )
    hook_limit: Limit = Field("6000 per minute", description="rate limit of incoming hooks, per address")

    storage_url: StorageUrl = Field(
        "", description="bucket for recordings, s3://BUCKET/PREFIX?endpoint=…&region=…; empty: the folder below"
    )
    storage_access_key: str = Field("", description="access key of the bucket; empty: what boto3 finds on the machine")
    storage_secret_key: SecretStr = Field(SecretStr(""), description="its secret key")
    storage_egress_endpoint: Endpoint = Field(
        "", description="the bucket's endpoint as the egress worker sees it; empty: alike"
    )
    storage_hook_token: SecretStr = Field(
        SecretStr(""), description="bearer token by which the bucket's notifications are known; empty: none is taken"
    )
    media_auth_headers: Literal["nginx", "traefik"] = Field(
        "nginx", description="whose headers tell which object a proxy is asked for: X-Original-* or X-Forwarded-*"
    )
    recordings_dir: Folder = Field(Path("var/recordings"), description="folder of recordings in the embedded default")
    recordings_egress_dir: str = Field("", description="the same folder as the egress worker sees it; empty: alike")
    recordings_group: Group = Field(
        "", description="group, or its number, of Frontdesk's and the egress worker's user; empty: the folder's own"
    )
    recordings_mode: FolderMode = Field(
        "", description="octal mode of the folder; empty: 2770 for a group named above, else 0700 or as it is found"
    )
    transcripts: bool = Field(
        False, description="let hosts record the sound for a transcriber: nobody can download such a recording"
    )
    retention_days: int = Field(
        0, ge=0, le=36500, description="days a new recording is kept; 0: permanent, or the longest time below"
    )
    retention_max_days: int = Field(
        0, ge=0, le=36500, description="longest time owners can set for a recording, in days; 0: permanent, too"
    )

    @property
    def livekit_tls(self) -> ssl.SSLContext:
        """How LiveKit's certificate is checked."""
        context = ssl.create_default_context(cafile=self.livekit_ca_file or None)
        if not self.livekit_verify_tls:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    @property
    def bucket(self) -> BucketAddress | None:
        """The bucket that recordings are kept in; None: a folder."""
        return bucket_address(self.storage_url) if self.storage_url else None

    @property
    def recordings_gid(self) -> int | None:
        """The number of the group that shares the recordings' folder; None: none is named."""
        return group_id(self.recordings_group) if self.recordings_group else None

    @property
    def recordings_folder_mode(self) -> int | None:
        """The mode of that folder; None: none is set."""
        return int(self.recordings_mode, 8) if self.recordings_mode else None

    @property
    def redis_open_to_others(self) -> bool:
        """Redis is on another machine and asks for nothing: no password, no certificate of ours."""
        if not self.redis_url or self.redis_url.startswith("unix://"):
            return False
        told = redis_client.parse(self.redis_url)
        if told.get("password") or told.get("ssl_certfile"):
            return False
        return not is_loopback(str(told.get("host", "localhost")))

    @property
    def several_processes_lose(self) -> bool:
        """The settings serve one web process: SQLite has one writer, and jobs and rate limits live in the process."""
        return self.embedded or self.database_url.startswith("sqlite")

    @property
    def secure(self) -> bool:
        """Cookies carry Secure when browsers come by https."""
        return self.public_url.startswith("https://")

    @property
    def livekit_socket(self) -> str:
        """LiveKit's address as browsers' clients want it."""
        return "ws" + self.livekit_browser_url.removeprefix("http")

    @property
    def livekit_browser_url(self) -> str:
        """LiveKit's address as browsers ask it over HTTP."""
        return self.livekit_public_url or self.livekit_url

    @property
    def public_host(self) -> str:
        """The host of the public address, with its port if it names one."""
        return urlsplit(self.public_url).netloc

    @property
    def provider_name(self) -> str:
        """What the sign-in button calls the provider."""
        return self.oidc_name or urlsplit(self.oidc_issuer).netloc

    @property
    def limits_url(self) -> str:
        """Where rate limits are counted, as the limiter spells it: it knows a Redis socket by a name of its own."""
        if self.redis_url.startswith("unix://"):
            return "redis+" + self.redis_url
        return self.redis_url or "memory://"

    @property
    def embedded(self) -> bool:
        """Jobs and rate limits live in the web process while no Redis is named."""
        return not self.redis_url

    @model_validator(mode="after")
    def _refuse_half_a_key(self) -> "Settings":
        if bool(self.storage_access_key) != bool(self.storage_secret_key.get_secret_value()):
            raise ValueError("FRONTDESK_STORAGE_ACCESS_KEY and FRONTDESK_STORAGE_SECRET_KEY should be set together")
        return self

    @model_validator(mode="after")
    def _refuse_more_than_the_longest(self) -> "Settings":
        if 0 < self.retention_max_days < self.retention_days:
            raise ValueError("FRONTDESK_RETENTION_DAYS should not be above FRONTDESK_RETENTION_MAX_DAYS")
        return self

    @model_validator(mode="after")
    def _refuse_unsafe_production(self) -> "Settings":
        if self.environment != "production":
            return self
        problems = production.problems(self)
        if problems:
            raise ValueError("; ".join(problems))
        return self
