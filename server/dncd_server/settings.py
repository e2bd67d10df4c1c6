"""The daemon's settings: one typed object from flags, environment and a TOML file, in that order of weight."""

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from dncd_engine.numbers import is_region
from dncd_server.addresses import Address, is_loopback, parse_address

ENVIRONMENT_PREFIX = "DNCD_"
MAX_SECONDS = 3_600.0
"""Whoever has heard nothing for longer knows too little to answer, and whoever drains for longer hangs."""
_RESEMBLANCE = 0.7


class Settings(BaseSettings):
    """All that ``dncd serve`` can be told.

    Each field is a flag (``--max-staleness``), a TOML key (``max_staleness``) and an environment variable
    (``DNCD_MAX_STALENESS``).
    """

    model_config = SettingsConfigDict(env_prefix=ENVIRONMENT_PREFIX, extra="forbid", frozen=True)

    listen: str = Field(
        "127.0.0.1:50051", description="Address of the screening plane, for dialers."
    )
    control: str = Field(
        "127.0.0.1:50052", description="Address of the control plane, for operations."
    )
    http: str = Field("127.0.0.1:9464", description="Address of /metrics, /healthz and /readyz.")
    data: Path = Field(
        default_factory=lambda: Path.home() / ".local" / "state" / "dncd",
        description="Folder for the ledger, checkpoints and uploads under way.",
    )
    ledger: str = Field(
        "", description="sqlite:///PATH; by default ledger.sqlite3 in the data folder."
    )
    workers: int = Field(1, ge=1, description="Screening processes; this version runs one.")
    region: str = Field(
        "JP", description="How texts are read in a new ledger (ISO 3166); an old one keeps its own."
    )
    insecure: bool = Field(
        False, description="Bind beyond loopback although nobody has to say who they are."
    )
    max_staleness: float = Field(
        300.0,
        gt=0,
        le=MAX_SECONDS,
        allow_inf_nan=False,
        description="Seconds without a word from the ledger after which every answer is BLOCK.",
    )
    grace: float = Field(
        10.0,
        ge=0,
        le=MAX_SECONDS,
        allow_inf_nan=False,
        description="Seconds that calls under way get when the daemon stops.",
    )
    two_persons: Literal["proved", "always"] = Field(
        "proved",
        description="When what opens waits for another person: where it is proved who asks, or always, "
        "also where people only say who they are.",
    )
    threads: int = Field(
        4,
        ge=3,
        le=32,
        description="Threads that answer checks; two of them may wait for a version.",
    )
    log_level: str = Field("info", description="debug, info, warning or error.")
    upload_memory_mib: int = Field(
        4096, ge=512, description="Address space that one upload's reader may take, in MiB."
    )

    @field_validator("listen", "control", "http")
    @classmethod
    def _is_address(cls, text: str) -> str:
        parse_address(text)
        return text

    @field_validator("ledger")
    @classmethod
    def _is_file(cls, text: str) -> str:
        scheme, _, path = text.partition(":///")
        if text and (scheme != "sqlite" or path in ("", ":memory:")):
            raise ValueError("this version keeps its ledger in SQLite: give sqlite:///PATH")
        return text

    @field_validator("region")
    @classmethod
    def _is_region(cls, text: str) -> str:
        if not is_region(text):
            raise ValueError("a region is two capital letters of ISO 3166, such as JP")
        return text

    @field_validator("workers")
    @classmethod
    def _is_one_worker(cls, workers: int) -> int:
        if workers != 1:
            raise ValueError("this version runs one worker")
        return workers

    @field_validator("log_level")
    @classmethod
    def _is_level(cls, text: str) -> str:
        if text not in ("debug", "info", "warning", "error"):
            raise ValueError("a level is debug, info, warning or error")
        return text

    @property
    def ledger_url(self) -> str:
        """The ledger's address with its default filled in."""
        return self.ledger or f"sqlite:///{self.data.absolute() / 'ledger.sqlite3'}"

    @property
    def exposed(self) -> list[Address]:
        """The addresses that others than this machine can reach."""
        addresses = (parse_address(text) for text in (self.listen, self.control, self.http))
        return [address for address in addresses if not is_loopback(address)]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let flags outweigh the environment, and the environment the file."""
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls))


def load_settings(flags: Mapping[str, Any], config: Path | None) -> Settings:
    """Return the settings that flags, environment and file make.

    Raises:
        ValidationError: A value is wrong or a key unknown.
        tomllib.TOMLDecodeError: The file is no TOML.
    """

    class WithFile(Settings):
        model_config = SettingsConfigDict(toml_file=config)

    return WithFile(**flags)


def misspelt_variables(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the environment's variables that are no setting but look like one, each with the nearest that is."""
    known = [ENVIRONMENT_PREFIX + name.upper() for name in (*Settings.model_fields, "config")]
    found = []
    for name in sorted(names):
        if name.upper().startswith(ENVIRONMENT_PREFIX) and name.upper() not in known:
            nearest = difflib.get_close_matches(name.upper(), known, 1, _RESEMBLANCE)
            found += [(name, item) for item in nearest]
    return found
