"""The state that a ledger implies at a version: all that a verdict is a function of, immutable and whole.

A follower moves from one state to the next by the change that an event carries, already worked out; whoever answers
reads one reference to a state and uses nothing else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from dncd_engine.chain import GENESIS_HASH, LEDGER_FORMAT, EventHeader
from dncd_engine.index import NumberSet
from dncd_engine.lists import EVERYWHERE, ListState, coverage_after
from dncd_engine.model import CampaignDefinition, ListDefinition, Policy, SourceDefinition
from dncd_engine.names import DEFAULT_CAMPAIGN
from dncd_engine.rules import CompiledCampaign
from dncd_engine.token import HASH_PREFIX_BYTES, Token

EMPTY_LEDGER_REGION = "JP"
_T = TypeVar("_T")


class ChainBrokenError(Exception):
    """An event does not follow on the state; the follower must stop."""


class UnknownCampaignError(LookupError):
    """No campaign has this name."""


class CampaignNeededError(LookupError):
    """The call names no campaign and there is none to take in its stead."""


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """Definitions to put, each whole, and names to delete."""

    purposes: tuple[str, ...] | None = None
    sources: Mapping[str, SourceDefinition] = field(default_factory=dict)
    lists: Mapping[str, ListDefinition] = field(default_factory=dict)
    campaigns: Mapping[str, CampaignDefinition] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    deleted_sources: frozenset[str] = frozenset()
    deleted_lists: frozenset[str] = frozenset()
    deleted_campaigns: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ListChange:
    """What a batch did to a list: its next numbers, and which prefixes became how fresh."""

    name: str
    numbers: NumberSet
    coverage: tuple[str, ...] = ()
    published_us: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """All that the ledger implies at a version.

    Attributes:
        version: Position in the ledger; 0 before its first event.
        epoch: The ledger's epoch.
        head: Hash of the event at ``version``.
        at_us: Instant of that event.
        region: How texts are read where nothing else says.
        policy: The definitions in force.
        policy_version: Version of the newest event that changed them.
        lists: Every list, by name.
        campaigns: Every campaign, compiled, by name.
        unnamed: What stands in for a call that names no campaign where no ``default`` is defined; None where
            names belong to clients, so that a call must say for whom it is.
    """

    version: int = 0
    epoch: int = 0
    head: bytes = GENESIS_HASH
    at_us: int = 0
    region: str = EMPTY_LEDGER_REGION
    policy: Policy = field(default_factory=Policy)
    policy_version: int = 0
    lists: Mapping[str, ListState] = field(default_factory=dict)
    campaigns: Mapping[str, CompiledCampaign] = field(default_factory=dict)
    unnamed: CompiledCampaign | None = field(
        default_factory=lambda: CompiledCampaign("", None, EMPTY_LEDGER_REGION, ())
    )

    @property
    def token(self) -> Token:
        """The token of this version."""
        return Token(self.version, self.epoch, self.head[:HASH_PREFIX_BYTES])

    def campaign(self, name: str) -> CompiledCampaign:
        """Return the campaign that a call names, or the one that stands in where it names none.

        Raises:
            UnknownCampaignError: No campaign has this name.
            CampaignNeededError: There is no ``default``, and names belong to clients.
        """
        found = self.campaigns.get(name or DEFAULT_CAMPAIGN)
        if found is not None:
            return found
        if name:
            raise UnknownCampaignError(name)
        if self.unnamed is None:
            raise CampaignNeededError
        return self.unnamed

    def follow(self, header: EventHeader, header_hash: bytes) -> "State":
        """Return this state moved to the next version, with nothing else changed.

        Raises:
            ChainBrokenError: The event is not the one that comes next, or needs more than this program knows.
        """
        if header.needs > LEDGER_FORMAT:
            raise ChainBrokenError(f"version {header.version} needs ledger format {header.needs}")
        if header.version != self.version + 1 or header.prev_hash != self.head:
            raise ChainBrokenError(
                f"version {header.version} does not follow on version {self.version}"
            )
        if not _is_sound(header, header_hash) or header.at_us <= self.at_us:
            raise ChainBrokenError(f"the header of version {header.version} is damaged")
        if self.version and header.epoch != self.epoch:
            raise ChainBrokenError(f"version {header.version} is of another epoch")
        return replace(
            self, version=header.version, epoch=header.epoch, head=header_hash, at_us=header.at_us
        )

    def with_region(self, region: str) -> "State":
        """Return this state with the ledger's region set."""
        return replace(self, region=region)._compiled()

    def with_policy(self, change: PolicyChange) -> "State":
        """Return this state with a policy change applied, at this state's version.

        Raises:
            ChainBrokenError: A campaign would rest on a list that does not exist.
        """
        policy = changed_policy(self.policy, change)
        if any(
            name not in policy.lists for item in policy.campaigns.values() for name in item.block
        ):
            raise ChainBrokenError(
                f"a campaign of version {self.version} rests on a list that does not exist"
            )
        lists = {
            name: replace(self.lists[name], definition=definition)
            if name in self.lists
            else ListState(name, definition, version=self.version, created_version=self.version)
            for name, definition in policy.lists.items()
        }
        return replace(self, policy=policy, policy_version=self.version, lists=lists)._compiled()

    def with_list(self, change: ListChange) -> "State":
        """Return this state with a batch's change to a list, at this state's version.

        Raises:
            ChainBrokenError: There is no such list.
        """
        old = self.lists.get(change.name)
        if old is None:
            raise ChainBrokenError(f"version {self.version} changes a list that does not exist")
        coverage = old.coverage
        # a batch that says nothing of dates, such as one that mends another, makes nothing fresher
        if change.coverage or change.published_us or not old.coverage:
            prefixes = change.coverage or (EVERYWHERE,)
            coverage = coverage_after(old.coverage, prefixes, change.published_us)
        new = replace(
            old, numbers=change.numbers, coverage=coverage, loaded=True, version=self.version
        )
        return replace(self, lists={**self.lists, change.name: new})._compiled(change.name)

    def restored(
        self, policy: PolicyChange, lists: Mapping[str, ListState], policy_version: int
    ) -> "State":
        """Return this state with policy and lists as a checkpoint held them."""
        whole = changed_policy(Policy(), policy)
        restored = replace(self, policy=whole, policy_version=policy_version, lists=dict(lists))
        return restored._compiled()

    def _compiled(self, changed_list: str = "") -> "State":
        """Return this state with its campaigns compiled anew: all of them, or those that probe a changed list."""
        campaigns = {
            name: self._compile(name)
            if not old or not changed_list or old.probes(changed_list)
            else old
            for name, old in ((name, self.campaigns.get(name)) for name in self.policy.campaigns)
        }
        return replace(self, campaigns=campaigns, unnamed=self._compile_unnamed())

    def _compile(self, name: str) -> CompiledCampaign:
        """Compile a campaign of the policy against the lists as they stand.

        A campaign that names no country dials the ledger's region only: what is not named is not dialled.
        """
        countries = self.policy.campaigns[name].countries or (self.region,)
        lists = tuple(self.lists[list_name] for list_name in self.policy.blocking_lists_of(name))
        return CompiledCampaign(name, frozenset(countries), countries[0], lists)

    def _compile_unnamed(self) -> CompiledCampaign | None:
        if self.policy.is_of_clients:
            return None
        blocking = (item for _, item in sorted(self.lists.items()) if item.definition.kind.blocks)
        return CompiledCampaign("", None, self.region, tuple(blocking))


def _is_sound(header: EventHeader, header_hash: bytes) -> bool:
    try:
        return header.hash() == header_hash
    except ValueError:
        return False


def changed_policy(policy: Policy, change: PolicyChange) -> Policy:
    """Return a policy with a change applied."""
    return Policy(
        purposes=policy.purposes if change.purposes is None else change.purposes,
        sources=_merged(policy.sources, change.sources, change.deleted_sources),
        lists=_merged(policy.lists, change.lists, change.deleted_lists),
        campaigns=_merged(policy.campaigns, change.campaigns, change.deleted_campaigns),
        answers={**policy.answers, **change.answers},
    )


def _merged(old: Mapping[str, _T], put: Mapping[str, _T], deleted: Iterable[str]) -> dict[str, _T]:
    gone = set(deleted)
    return {name: item for name, item in {**old, **put}.items() if name not in gone}
