"""The verdict once more in plain Python, from a policy and from lists of entries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dncd_engine.model import CampaignDefinition, ListDefinition, ListKind
from dncd_engine.numbers import Reject, inspect
from dncd_engine.strata import Stratum
from dncd_engine.verdict import Action, Code, Decision, Reason
from model.entries import Content, end_of
from model.policies import block, client

_ACTIONS = {
    Code.NUMBER_INVALID: Action.MEND,
    Code.NEVER_DIAL: Action.DROP,
    Code.COUNTRY_NOT_DIALLED: Action.MEND,
    Code.NO_POLICY: Action.RETRY,
    Code.LISTED: Action.DROP,
    Code.NOT_CLEARED: Action.RETRY,
    Code.LIST_EMPTY: Action.RETRY,
    Code.LIST_STALE: Action.RETRY,
    Code.OUT_OF_COVERAGE: Action.RETRY,
}
_TELLING = (Code.LIFTED, Code.STALE_ALLOWED)
_REGISTRY_AGE_SECONDS = 31 * 86_400


@dataclass(frozen=True)
class Expected:
    """What the model says of a number."""

    decision: Decision
    action: Action
    reasons: tuple[Reason, ...]
    shadow_hits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listed:
    """A list with what it means and what it holds."""

    name: str
    definition: ListDefinition
    content: Content


@dataclass(frozen=True)
class View:
    """All that a verdict rests on."""

    region: str
    lists: Mapping[str, Listed]
    campaigns: Mapping[str, CampaignDefinition]
    overrides: Mapping[str, int]

    def block(self, campaign: str) -> list[str]:
        """Return the lists that block a campaign, in their order."""
        definitions = {name: item.definition for name, item in self.lists.items()}
        return block(definitions, self.campaigns, campaign)

    def parts(self, name: str) -> list[Listed]:
        """Return what acts under the name of a list: itself, and what is hidden behind it."""
        hidden = [item for item in self.lists.values() if item.definition.shown_as == name]
        return [self.lists[name], *hidden]

    @property
    def is_of_clients(self) -> bool:
        """Whether a call must name its campaign."""
        return any(map(client, (*self.lists, *self.campaigns)))

    def answered(self, campaign: str) -> str | None:
        """Return the campaign that answers for a name, None where none does; "" is every blocking list."""
        if campaign or "default" in self.campaigns:
            name = campaign or "default"
            return name if name in self.campaigns else None
        return None if self.is_of_clients else ""


def verdict(view: View, campaign: str, number: int, at_us: int) -> Expected:
    """Return what the contract says of a number to a campaign that answers."""
    definition = view.campaigns.get(campaign)
    blocking = view.block(campaign)
    standing = inspect(number)
    reasons: list[Reason] = []
    if standing.reject is not None and standing.reject is not Reject.SPECIAL_NUMBER:
        reasons.append(Reason(Code.NUMBER_INVALID, detail=standing.reject.value))
    if standing.never_dial or standing.reject is Reject.SPECIAL_NUMBER:
        reasons.append(Reason(Code.NEVER_DIAL))
    dialled = (definition.countries or (view.region,)) if definition else None
    if standing.reject is None and dialled is not None and standing.country not in dialled:
        reasons.append(Reason(Code.COUNTRY_NOT_DIALLED, detail=standing.country))
    require = definition.require if definition else ()
    acting = [name for name in blocking if not view.lists[name].definition.shadow]
    if not acting and not require:
        reasons.append(Reason(Code.NO_POLICY))
    shadow_hits: tuple[str, ...] = ()
    if standing.reject is None:
        call = _Call(view, definition, number, standing.country, at_us)
        reasons += call.reasons(acting, require, is_free=not reasons)
        shadow_hits = tuple(name for name in blocking if name not in acting and call.stops(name))
    deciding = next((reason for reason in reasons if reason.code not in _TELLING), None)
    if deciding is None:
        return Expected(Decision.ALLOW, Action.DIAL, tuple(reasons), shadow_hits)
    return Expected(Decision.BLOCK, _ACTIONS[deciding.code], tuple(reasons), shadow_hits)


@dataclass(frozen=True)
class _Call:
    """A call to a number for a campaign, at an instant."""

    view: View
    campaign: CampaignDefinition | None
    number: int
    country: str
    at_us: int

    def reasons(
        self, acting: Sequence[str], require: Sequence[str], *, is_free: bool
    ) -> list[Reason]:
        """Return the reasons that lists give, in the order of the rules."""
        found = [self._reason(Code.LISTED, name) for name in acting if self.stops(name)]
        found += [
            self._reason(Code.NOT_CLEARED, name)
            for name in require
            if self._speaks_of(name) and not self._is_open(name)
        ]
        let_through = []
        for name in (*acting, *require):
            doubt = self._doubt(name)
            if doubt is None:
                continue
            until_us = self.view.overrides.get(name, 0)
            if doubt[0] is Code.LIST_STALE and self.at_us < until_us:
                let_through.append(self._reason(Code.STALE_ALLOWED, name, _text(until_us)))
            else:
                found.append(self._reason(doubt[0], name, doubt[1]))
        if found or not is_free:
            return found
        for name in acting:
            if self._is_hit(name) and (by := self._lifting(name)):
                told = [self._reason(Code.LIFTED, item) for item in (name, *by)]
                found += [reason for reason in told if reason not in found]
        return found + let_through

    def stops(self, name: str) -> bool:
        """Tell whether an entry of a list that blocks stops the call, or would if the list were not in shadow."""
        return self._is_hit(name) and not self._lifting(name)

    def _lifting(self, name: str) -> list[str]:
        lifts = self.campaign.lift if self.campaign else ()
        return [lift.list for lift in lifts if lift.over == name and self._is_open(lift.list)]

    def _strata(self, name: str) -> list[Stratum]:
        """Return the strata that hold the number on a list, as it is shown, and act now."""
        held = (pair for part in self.view.parts(name) for pair in part.content.pairs)
        return [
            stratum
            for number, stratum in held
            if number == self.number and stratum.effective_us <= self.at_us < end_of(stratum)
        ]

    def _is_hit(self, name: str) -> bool:
        purpose = self.campaign.purpose if self.campaign else ""
        return any(
            not purpose or not item.purposes or purpose in item.purposes
            for item in self._strata(name)
        )

    def _opening(self, name: str) -> list[Stratum]:
        purpose = self.campaign.purpose if self.campaign else ""
        return [s for s in self._strata(name) if not s.purposes or purpose in s.purposes]

    def _is_open(self, name: str) -> bool:
        return bool(self._opening(name))

    def _speaks_of(self, name: str) -> bool:
        definition = self.view.lists[name].definition
        if definition.prefixes:
            return str(self.number).startswith(definition.prefixes)
        return self.country in ("", *definition.countries) or not definition.countries

    def _doubt(self, name: str) -> tuple[Code, str] | None:
        """Return why a verdict may not rest on a list."""
        item = self.view.lists[name]
        definition = item.definition
        if not self._speaks_of(name):
            return None
        if not any(part.content.dates.is_loaded for part in self.view.parts(name)):
            return None if definition.starts_empty else (Code.LIST_EMPTY, "never_loaded")
        if definition.kind is ListKind.CLEARANCE:
            dates = [stratum.published_us for stratum in self._opening(name)]
            return self._age(definition.max_age_seconds, max(dates)) if dates else None
        if definition.kind is not ListKind.REGISTRY:
            return None
        published_us = item.content.dates.published_us(self.number)
        if published_us is None:
            return Code.OUT_OF_COVERAGE, ""
        return self._age(definition.max_age_seconds or _REGISTRY_AGE_SECONDS, published_us)

    def _age(self, max_age_seconds: int, published_us: int) -> tuple[Code, str] | None:
        if not max_age_seconds:
            return None
        if not published_us:
            return Code.LIST_STALE, "undated"
        is_old = self.at_us - published_us >= max_age_seconds * 1_000_000
        return (Code.LIST_STALE, "") if is_old else None

    def _reason(self, code: Code, name: str, detail: str = "") -> Reason:
        return Reason(code, name, self.view.lists[name].definition.kind, detail)


def _text(instant_us: int) -> str:
    return f"{datetime.fromtimestamp(instant_us // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"
