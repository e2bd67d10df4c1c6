"""What the policy defines: lists, campaigns, sources, purposes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from dncd_engine.names import client_of, may_use

DAY_SECONDS = 86_400
GROUNDS = (
    "beyond_purpose",
    "improper_acquisition",
    "unlawful_provision",
    "no_longer_needed",
    "breach",
    "rights_or_interests",
    "voluntary",
    "tokushoho_17",
)
"""Grounds of a suspension of use: APPI article 35 and its guidance, and 特定商取引法 17."""
REQUESTERS = ("self", "agent", "legal_representative")
"""In which capacity somebody asks (APPI article 37)."""
REGISTRY_MAX_AGE_SECONDS = 31 * DAY_SECONDS
"""US Telemarketing Sales Rule, 16 CFR 310.4(b)(3)(iv): a version obtained no more than 31 days before the call."""


class ListKind(IntEnum):
    """What a list means; the values are the protocol's."""

    DO_NOT_CONTACT = 1
    SUSPENDED_USE = 2
    REGISTRY = 3
    EXEMPTION = 4
    CONSENT = 5
    CLEARANCE = 6
    ORIGIN = 7

    @property
    def blocks(self) -> bool:
        """Whether a number on such a list is blocked by it."""
        return self <= ListKind.REGISTRY

    @property
    def is_own(self) -> bool:
        """Whether it holds what people told the company itself."""
        return self <= ListKind.SUSPENDED_USE

    @property
    def opens(self) -> bool:
        """Whether a number on such a list may be dialled for it."""
        return not self.blocks

    @property
    def can_be_required(self) -> bool:
        """Whether a campaign can demand that a number be on it."""
        return self >= ListKind.CONSENT

    @property
    def has_age(self) -> bool:
        """Whether what it holds grows too old: a registry by covered prefix, a clearance by number."""
        return self in (ListKind.REGISTRY, ListKind.CLEARANCE)

    @property
    def word(self) -> str:
        """The kind as users write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class ListDefinition:
    """What a list means. The fields are those of the protocol's ``ListDefinition``."""

    kind: ListKind
    title: str = ""
    layout: str = ""
    countries: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    max_age_seconds: int = 0
    tz: str = ""
    starts_empty: bool = False
    contact: str = ""
    shadow: bool = False
    confidential: bool = False
    shown_as: str = ""
    confidential_ground: str = ""
    confidential_review: str = ""
    growth_limit: int = 0
    release_limit: int | None = None

    @property
    def effective_max_age_seconds(self) -> int:
        """How old the list may be at its publisher, in seconds; 0 means without end."""
        if self.max_age_seconds or self.kind is not ListKind.REGISTRY:
            return self.max_age_seconds
        return REGISTRY_MAX_AGE_SECONDS


@dataclass(frozen=True, slots=True)
class Lift:
    """An exemption, and the registry that it lifts."""

    list: str
    over: str


@dataclass(frozen=True, slots=True)
class CampaignDefinition:
    """What a campaign rests on. The fields are those of the protocol's ``CampaignDefinition``."""

    purpose: str = ""
    countries: tuple[str, ...] = ()
    block: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    lift: tuple[Lift, ...] = ()
    require: tuple[str, ...] = ()
    opt_out: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class SourceDefinition:
    """Where numbers come from."""

    provider: str = ""
    route: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """All that is defined, by name."""

    purposes: tuple[str, ...] = ()
    sources: Mapping[str, SourceDefinition] = field(default_factory=dict)
    lists: Mapping[str, ListDefinition] = field(default_factory=dict)
    campaigns: Mapping[str, CampaignDefinition] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)

    def blocking_lists_of(self, campaign: str) -> tuple[str, ...]:
        """Return the lists that a defined campaign is blocked by, in order of name where it names none."""
        definition = self.campaigns[campaign]
        return definition.block or self.default_block(campaign, definition.excluded)

    def default_block(self, campaign: str, excluded: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return every own list that a campaign of that name may use, less those it leaves out."""
        return tuple(
            name
            for name, definition in sorted(self.lists.items())
            if definition.kind.is_own
            and not definition.confidential
            and name not in excluded
            and may_use(campaign, name)
        )

    @property
    def is_of_clients(self) -> bool:
        """Whether names belong to clients, so that a call must say for whom it is."""
        return any(client_of(name) for name in (*self.lists, *self.campaigns))

    @property
    def unused_lists(self) -> tuple[str, ...]:
        """The blocking lists that no campaign is blocked by."""
        if not self.campaigns and not self.is_of_clients:
            return ()  # a call without a campaign is blocked by all
        used = {name for campaign in self.campaigns for name in self.blocking_lists_of(campaign)}
        return tuple(
            name
            for name, item in sorted(self.lists.items())
            if item.kind.blocks and not item.confidential and name not in used
        )
