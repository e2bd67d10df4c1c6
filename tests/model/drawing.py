"""What the machine draws: numbers, instants, files and definitions."""

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import strategies as st

from dncd_engine.history import Mode
from dncd_engine.model import CampaignDefinition, Lift, ListDefinition, ListKind
from dncd_server.actors import Actor
from model.files import Line, Upload
from model.policies import Campaigns, Lists, block, client

NUMBERS = (
    81_45000_0001,
    81_45000_0002,
    81_45000_0003,
    81_45000_9999,
    81_990_000123,
    1_202_555_0100,
    1_202_555_0101,
    1_212_555_0101,
    1_310_555_0102,
    1_604_555_0100,
    44_20_7946_0018,
)
"""Of one slice and of many, of several countries, one of them never dialled; nobody has any."""
NO_NUMBER = 81_0_45000_0000
PREFIXES = ("81", "8145000000", "1", "1202", "12025550101", "1310", "44")
PURPOSES = ("sales:fiber", "survey")
ANN, BEN = (Actor(name, "declared", "ipv4:127.0.0.1:1") for name in ("ann", "ben"))
CY = Actor("cy", "token", "ipv4:127.0.0.1:2")

actors = st.sampled_from([ANN, ANN, BEN, CY])
KINDS: Mapping[str, ListKind] = {
    "house": ListKind.SUSPENDED_USE,
    "refusals": ListKind.DO_NOT_CONTACT,
    "ftc": ListKind.REGISTRY,
    "states": ListKind.REGISTRY,
    "ebr": ListKind.EXEMPTION,
    "leads": ListKind.CONSENT,
    "washed": ListKind.CLEARANCE,
    "bought": ListKind.ORIGIN,
    "quiet": ListKind.DO_NOT_CONTACT,
}
"""Lists by the end of their names; ``quiet`` is confidential and shown as ``refusals``."""
OF_CLIENT = ("refusals", "ebr", "leads", "quiet")
"""Those that are a client's own in a ledger that is of clients."""

CAMPAIGNS = ("default", "spring", "autumn")


def list_name(stem: str, owner: str) -> str:
    """Return a list's whole name in a ledger whose client is ``owner``; "" where it is nobody's."""
    return f"{owner}/{stem}" if owner and stem in OF_CLIENT else stem


def campaign_name(stem: str, owner: str) -> str:
    """Return a campaign's whole name: of the client, of another that has no list, or of nobody."""
    return (
        {"spring": f"{owner}/spring", "autumn": "other/autumn"}.get(stem, stem) if owner else stem
    )


_purposes = st.sampled_from([(), (), (), ("survey",), ("sales:fiber",), PURPOSES])
_coverage = st.lists(st.sampled_from(PREFIXES), max_size=2, unique=True).map(tuple)
_numbers = st.sampled_from(NUMBERS)
_plain_lines = st.builds(Line, _numbers)
_lines = st.builds(
    Line,
    _numbers,
    effective_hours=st.sampled_from([None, None, None, -5, 1, 30]),
    expires_hours=st.sampled_from([None, None, None, -3, 2, 60]),
    asked_hours=st.sampled_from([None, None, -2, -30, -500]),
    purposes=_purposes,
    ends=st.booleans(),
)
first_loads = st.builds(
    Upload,
    st.just(""),
    st.sampled_from([Mode.ADD, Mode.REPLACE]),
    st.lists(_plain_lines, min_size=1, max_size=4, unique=True).map(tuple),
    published_days=st.sampled_from([-1, -1, -10, -40]),
    coverage=st.sampled_from([(), (), (), ("1", "81"), ("1202", "8145000000")]),
)
drawn_uploads = st.builds(
    Upload,
    st.sampled_from([*sorted(KINDS), "refusals", "house", "ftc"]),
    st.sampled_from([Mode.REPLACE, Mode.ADD, Mode.ADD, Mode.CHANGE, Mode.REMOVE]),
    st.lists(_plain_lines, min_size=1, max_size=6).map(tuple)
    | st.lists(_lines, min_size=1, max_size=6).map(tuple),
    unreadable=st.sampled_from([0, 0, 0, 0, 1]),
    effective_hours=st.sampled_from([0, 0, 0, -6, 1]),
    expires_hours=st.sampled_from([0, 0, 0, 2, 60]),
    expires_in_days=st.sampled_from([0, 0, 0, 1, 3]),
    asked_hours=st.sampled_from([0, 0, -2, -250]),
    purposes=_purposes,
    published_days=st.sampled_from([*[0, -1, -10, -40] * 6, 1]),
    coverage=st.just(()) | _coverage,
    everything=st.booleans(),
)


def fitted(upload: Upload, owner: str) -> Upload:
    """Return an upload whose header says only what its mode and its list can be told."""
    kind = KINDS[upload.list]
    is_registry, mode = kind is ListKind.REGISTRY, upload.mode
    lines = upload.lines
    if is_registry:
        lines = tuple(replace(line, purposes=()) for line in lines)
    if mode is not Mode.CHANGE:
        lines = tuple(replace(line, ends=False) for line in lines)
    if mode is Mode.REMOVE:
        named = tuple(Line(line.number, asked_hours=line.asked_hours) for line in lines)
        return Upload(list_name(upload.list, owner), mode, named, upload.unreadable)
    return replace(
        upload,
        list=list_name(upload.list, owner),
        lines=lines,
        expires_in_days=0 if upload.expires_hours else upload.expires_in_days,
        purposes=() if is_registry else upload.purposes,
        coverage=upload.coverage if is_registry or mode is Mode.REPLACE else (),
        everything=upload.everything and mode is Mode.REPLACE,
    )


list_fields = st.fixed_dictionaries(
    {
        "shadow": st.sampled_from([False, False, False, True]),
        "countries": st.sampled_from([(), (), (), (), (), ("JP",), ("US",), ("JP", "US")]),
        "prefixes": st.sampled_from([(), (), (), (), (), ("8145",), ("1", "44")]),
        "max_age_seconds": st.sampled_from([0, 0, 86_400, 20 * 86_400]),
        "tz": st.sampled_from(["", "", "America/New_York"]),
        "starts_empty": st.sampled_from([True, True, False]),
        "release_limit": st.sampled_from([None, None, 0, 1, 3, 100]),
    }
)


def definition(stem: str, fields: dict[str, object], owner: str) -> ListDefinition:
    """Return a list's definition, with what its kind cannot say left out."""
    kind, kept = KINDS[stem], dict(fields)
    is_hidden = stem == "quiet"
    kept["shadow"] = bool(fields["shadow"]) and kind.blocks and not is_hidden
    kept["max_age_seconds"] = fields["max_age_seconds"] if kind.has_age else 0
    kept["starts_empty"] = bool(fields["starts_empty"]) and kind.is_own
    if is_hidden:
        kept |= {
            "confidential": True,
            "shown_as": list_name("refusals", owner),
            "confidential_ground": "a court said so",
            "confidential_review": "2030-01-01",
        }
    return ListDefinition(kind, **kept)  # type: ignore[arg-type]  # each field has its own values


_stems = st.lists(st.sampled_from(sorted(KINDS)), max_size=4, unique=True)
campaign_fields = st.fixed_dictionaries(
    {
        "block": st.sampled_from([[], ["refusals", "ftc"], ["ftc", "states"]]) | _stems,
        "excluded": st.just([]) | _stems,
        "lifts": st.sampled_from([True, True, False]),
        "require": st.sampled_from([[], [], [], ["leads"], ["washed"]]) | _stems,
        "purpose": st.sampled_from(["", *PURPOSES]),
        "countries": st.sampled_from([(), ("JP", "US"), ("US",), ("JP", "US", "CA", "GB")]),
        "opt_out": st.sampled_from(["refusals", "refusals", "house", ""]),
    }
)


def campaign(
    name: str, fields: dict[str, object], lists: Lists, campaigns: Campaigns, owner: str
) -> CampaignDefinition:
    """Return a campaign's definition that rests on lists that are there and that it may use."""

    def usable(stems: object) -> list[str]:
        assert isinstance(stems, list)
        names = [list_name(stem, owner) for stem in stems]
        return [
            n
            for n in names
            if n in lists and not lists[n].confidential and client(n) in ("", client(name))
        ]

    blocking = [n for n in usable(fields["block"]) if lists[n].kind.blocks]
    excluded = [n for n in usable(fields["excluded"]) if lists[n].kind.blocks]
    over = [n for n in blocking if lists[n].kind is ListKind.REGISTRY]
    lifting = usable(["ebr"]) if fields["lifts"] else []
    made = CampaignDefinition(
        purpose=str(fields["purpose"]),
        countries=fields["countries"],  # type: ignore[arg-type]  # as drawn above
        block=tuple(blocking),
        excluded=() if blocking else tuple(excluded),
        lift=tuple(Lift(exemption, registry) for registry in over for exemption in lifting),
        require=tuple(n for n in usable(fields["require"]) if lists[n].kind.can_be_required),
    )
    takers = usable([fields["opt_out"]] if fields["opt_out"] else [])
    blocked_by = block(lists, {**campaigns, name: made}, name)
    fit = [n for n in takers if n in blocked_by and not lists[n].shadow]
    return replace(made, opt_out=fit[0] if fit else "")
