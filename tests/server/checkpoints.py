"""Checkpoints for the tests: a state with everything in it, and what a file of it is made of."""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from dncd_engine.model import CampaignDefinition, Lift, ListDefinition, ListKind
from dncd_engine.state import State
from dncd_engine.strata import Stratum
from dncd_server import checkpoint
from dncd_server.checkpoint import FILE_NAME
from engine.drawing import confidential
from engine.worlds import NOON, Load, World, held_by
from server.building import FIRST_NUMBER
from server.building import plain as plain_state

Damage = Callable[[bytes], bytes]
HEAD_BYTES, DIGEST_BYTES = 8, 32
MAGIC = b"DNCDCKP2"
STRATA = (
    Stratum(expires_us=NOON),
    Stratum(NOON, NOON + 5, ("sales", "survey")),
    Stratum(purposes=("sales",), published_us=7),
)


def made(world: World) -> State:
    """Return a world's state as a node has it."""
    return replace(world.state(), epoch=7, head=bytes(range(32)), at_us=NOON)


def state_of_each_sort() -> State:
    """A state with lists of each sort, plain and conditional entries, and numbers in several segments."""
    many = frozenset([*range(FIRST_NUMBER, FIRST_NUMBER + 5000), FIRST_NUMBER + (9 << 22)])
    some = frozenset(range(12025550100, 12025550150))
    dnc = ListDefinition(ListKind.DO_NOT_CONTACT, title="アクメ 架電禁止", tz="Asia/Tokyo")
    lists = {
        "acme/ebr": ListDefinition(ListKind.EXEMPTION, growth_limit=3, release_limit=0),
        "acme/hidden": confidential(ListKind.SUSPENDED_USE, "acme/optout"),
        "acme/optout": dnc,
        "acme/washed": ListDefinition(ListKind.CLEARANCE, max_age_seconds=86_400),
        "ftc": ListDefinition(ListKind.REGISTRY, countries=("US",), max_age_seconds=86_400),
        "never": ListDefinition(ListKind.SUSPENDED_USE, starts_empty=True),
        "trial": ListDefinition(ListKind.DO_NOT_CONTACT, shadow=True),
    }
    campaign = CampaignDefinition(
        "sales",
        ("JP", "US"),
        ("acme/optout", "ftc", "trial"),
        lift=(Lift("acme/ebr", "ftc"),),
        require=("acme/washed",),
    )
    loads = [
        ("acme/optout", Load(many)),
        ("acme/hidden", Load(some)),
        ("ftc", Load(some, ("1202",), 5)),
        *(("acme/hidden", Load(many, stratum=stratum)) for stratum in STRATA),
        ("acme/washed", Load(many | some, stratum=STRATA[2])),
        ("acme/washed", Load(some, stratum=STRATA[1])),
    ]
    overrides = {"ftc": NOON + 3}
    return made(World("US", lists, {"acme/spring": campaign}, tuple(loads), overrides))


def plain(state: State) -> dict[str, Any]:
    """Return all that a state holds as plain values, with what is shown and what it takes in memory."""
    return {
        **plain_state(state),
        "overrides": dict(state.overrides),
        "shown": {
            name: (held_by(item.entries), item.entries.size_bytes, item.loaded, item.version)
            for name, item in state.shown.items()
        },
    }


def read(folder: Path, state: State) -> State | None:
    """Return what a checkpoint holds, in a ledger that has the state's version."""
    return checkpoint.read(folder, {state.version: state.head}.get)


def set_aside(folder: Path, state: State) -> str:
    """Return why a checkpoint was set aside, as the log says it; it must not be used."""
    before = (folder / FILE_NAME).read_bytes() if (folder / FILE_NAME).is_file() else None
    with structlog.testing.capture_logs() as logs:
        assert read(folder, state) is None
    assert not (folder / FILE_NAME).exists()
    aside = folder / f"{FILE_NAME}.set-aside"
    assert before is None or aside.read_bytes() == before
    assert [(log["event"], log["log_level"]) for log in logs] == [
        ("checkpoint_set_aside", "warning")
    ]
    assert logs[0]["path"] == str(folder / FILE_NAME)
    return str(logs[0]["error"])


def frames_of(data: bytes) -> list[bytes]:
    """Return the frames of a checkpoint."""
    frames, at = [], HEAD_BYTES
    while at < len(data) - DIGEST_BYTES:
        (length,) = struct.unpack_from(">I", data, at)
        frames.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return frames


def sealed(*frames: bytes) -> bytes:
    """Return a checkpoint of any frames, with its digest right."""
    body = MAGIC + b"".join(struct.pack(">I", len(frame)) + frame for frame in frames)
    return body + hashlib.sha256(body).digest()
