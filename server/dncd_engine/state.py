"""The state that a ledger implies at a version: all that a verdict is a function of, immutable and whole.

A follower moves from one state to the next by the change that an event carries, already worked out; whoever answers
reads one reference to a state and uses nothing else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from dncd_engine.chain import GENESIS_HASH, LEDGER_FORMAT, EventHeader
from dncd_engine.entries import Entries
from dncd_engine.lists import ListState
from dncd_engine.model import CampaignDefinition, ListDefinition, Policy, SourceDefinition
from dncd_engine.names import DEFAULT_CAMPAIGN
from dncd_engine.rules import CompiledCampaign, CompiledLift
from dncd_engine.shown import shown_after, shown_lists
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
    """What a batch makes of a list.

    Attributes:
        name: The list's name.
        entries: Its next entries, made from those that it has: what a batch did not touch is shared.
        coverage: Publisher's date by covered prefix from here on, microseconds since 1970, 0 where none was given.
        loaded: Whether any batch is in force from here on.
    """

    name: str
    entries: Entries
    coverage: Mapping[str, int]
    loaded: bool


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
        shown: Every list that is not confidential, by name, as everybody sees it: with the entries of the
            confidential lists that are shown as it.
        overrides: Until when a list is let through although it is too old, microseconds since 1970, by name.
        campaigns: Every campaign, compiled against what is shown, by name.
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
    shown: Mapping[str, ListState] = field(default_factory=dict)
    overrides: Mapping[str, int] = field(default_factory=dict)
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

    def shown_name(self, list_name: str) -> str:
        """Return the name that a list is shown by: its own, or that of the list that a confidential one acts as."""
        definition = self.policy.lists.get(list_name)
        return definition.shown_as if definition and definition.confidential else list_name

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
        self._check_lists_exist(policy)
        lists = {
            name: replace(self.lists[name], definition=definition)
            if name in self.lists
            else ListState(name, definition, version=self.version, created_version=self.version)
            for name, definition in policy.lists.items()
        }
        made = replace(
            self,
            policy=policy,
            policy_version=self.version,
            lists=lists,
            shown=shown_lists(policy, lists),
            overrides={name: until for name, until in self.overrides.items() if name in lists},
        )
        return made._compiled()

    def with_list(self, change: ListChange) -> "State":
        """Return this state with a batch's change to a list, at this state's version.

        Raises:
            ChainBrokenError: There is no such list.
        """
        old = self._list(change.name)
        new = replace(
            old,
            entries=change.entries,
            coverage=dict(change.coverage),
            loaded=change.loaded,
            version=self.version,
        )
        lists = {**self.lists, change.name: new}
        name = self.shown_name(change.name)
        shown = {**self.shown, name: shown_after(self.shown[name], self.policy, old, lists)}
        return replace(self, lists=lists, shown=shown)._compiled(name)

    def with_override(self, name: str, until_us: int) -> "State":
        """Return this state with a list let through, although it is too old, until an instant; 0 ends that.

        Raises:
            ChainBrokenError: There is no such list.
        """
        self._list(name)
        overrides = {other: until for other, until in self.overrides.items() if other != name}
        if until_us:
            overrides[name] = until_us
        return replace(self, overrides=overrides)._compiled(name)

    def restored(
        self,
        policy: PolicyChange,
        lists: Mapping[str, ListState],
        policy_version: int,
        overrides: Mapping[str, int],
    ) -> "State":
        """Return this state with policy, lists and overrides as a checkpoint held them.

        Raises:
            ChainBrokenError: A campaign would rest on a list that does not exist.
        """
        whole = changed_policy(Policy(), policy)
        self._check_lists_exist(whole)
        made = replace(
            self,
            policy=whole,
            policy_version=policy_version,
            lists=dict(lists),
            shown=shown_lists(whole, lists),
            overrides=dict(overrides),
        )
        return made._compiled()

    def _list(self, name: str) -> ListState:
        found = self.lists.get(name)
        if found is None:
            raise ChainBrokenError(f"version {self.version} changes a list that does not exist")
        return found

    def _check_lists_exist(self, policy: Policy) -> None:
        """See that whatever a policy names is there to be seen.

        Raises:
            ChainBrokenError: A campaign, or a confidential list, would rest on a list that is not.
        """
        seen = {name for name, item in policy.lists.items() if not item.confidential}
        named = {item.shown_as for item in policy.lists.values() if item.confidential}
        for campaign in policy.campaigns.values():
            named |= {*campaign.block, *campaign.require}
            named |= {name for lift in campaign.lift for name in (lift.list, lift.over)}
        if not named <= seen:
            raise ChainBrokenError(
                f"a campaign of version {self.version} rests on a list that does not exist"
            )

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
        definition = self.policy.campaigns[name]
        countries = definition.countries or (self.region,)
        block = tuple(self.shown[item] for item in self.policy.blocking_lists_of(name))
        blocking = {item.name for item in block}
        lifts = [lift for lift in definition.lift if lift.over in blocking]
        return CompiledCampaign(
            name,
            frozenset(countries),
            countries[0],
            block,
            tuple(CompiledLift(self.shown[lift.list], lift.over) for lift in lifts),
            tuple(self.shown[item] for item in definition.require),
            definition.purpose,
            self.overrides,
        )

    def _compile_unnamed(self) -> CompiledCampaign | None:
        if self.policy.is_of_clients:
            return None
        blocking = (item for _, item in sorted(self.shown.items()) if item.definition.kind.blocks)
        return CompiledCampaign("", None, self.region, tuple(blocking), overrides=self.overrides)


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
