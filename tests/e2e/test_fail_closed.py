"""What is not provably allowed is not dialled: whatever is missing, old or unknown blocks."""

import time
from pathlib import Path

import grpc

from conftest import StartDaemon
from dncd.v1 import policy_pb2, verdict_pb2
from e2e.definitions import campaign_of
from e2e.numbering import e164, fiction, yokohama
from e2e.planes import (
    DO_NOT_CONTACT,
    STARTS_EMPTY,
    apply,
    check,
    dialled_everywhere,
    failure_of,
    list_of,
    said,
    upload,
    version_of,
)
from e2e.uploads import days_ago
from e2e.verdicts import ALLOWED, LISTED, NO_POLICY, everywhere
from harness.daemon import Daemon

NEVER_LOADED = ("BLOCK", "RETRY", ["LIST_EMPTY"])
STALE = ("BLOCK", "RETRY", ["LIST_STALE"])
FREE = e164(900_000)
REGISTRY = policy_pb2.ListDefinition(kind=verdict_pb2.LIST_KIND_REGISTRY)


def test_an_unknown_campaign_or_list_is_not_found(shared: Daemon, tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text(f"{yokohama(1)}\n", encoding="utf-8")
    with shared.stubs() as stubs:
        for plane in (stubs.screening, stubs.screening_on_control):
            failed = failure_of(lambda: check(plane, FREE, campaign="nobody"))  # noqa: B023
            assert failed.code is grpc.StatusCode.NOT_FOUND
            assert (failed.reason, failed.domain) == ("CAMPAIGN_NOT_FOUND", "dncd")

    assert shared.ctl("check", yokohama(1), "--campaign", "nobody").returncode == 2
    assert shared.load("nowhere", path).code == 2
    assert shared.ctl("list", "show", "nowhere").returncode == 2


def test_an_empty_ledger_allows_nothing(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        assert everywhere(stubs, FREE, "") == NO_POLICY
    assert daemon.ctl("check", yokohama(1)).returncode == 1
    assert daemon.get("/readyz")[0] == 200


def test_a_campaign_without_any_list_allows_nothing(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        lists = {"c1/optout": STARTS_EMPTY}
        excluding = dialled_everywhere()
        getattr(excluding, "except").append("c1/optout")
        apply(stubs, lists, {"c1/none": excluding, "c2/none": dialled_everywhere()})
        assert everywhere(stubs, FREE, "c1/none") == NO_POLICY
        assert everywhere(stubs, FREE, "c2/none") == NO_POLICY


def test_a_list_never_loaded_blocks_unless_it_rightly_begins_empty(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        lists = {"fresh": DO_NOT_CONTACT, "begun": STARTS_EMPTY, "reg": REGISTRY}
        campaigns = {f"use-{name}": campaign_of(name) for name in lists}
        apply(stubs, lists, campaigns)
        assert everywhere(stubs, FREE, "use-fresh") == NEVER_LOADED
        assert everywhere(stubs, FREE, "use-begun") == ALLOWED
        assert everywhere(stubs, FREE, "use-reg") == NEVER_LOADED
        upload(stubs, "fresh", yokohama(10).encode(), "fresh-1")
        assert everywhere(stubs, e164(10), "use-fresh") == LISTED
        assert everywhere(stubs, FREE, "use-fresh") == ALLOWED


def test_a_country_that_is_not_named_is_not_dialled(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        campaigns = {
            "jp": campaign_of("abroad", countries=("JP",)),
            "us": campaign_of("abroad", countries=("US",)),
            "unsaid": campaign_of("abroad", countries=()),
        }
        apply(stubs, {"abroad": STARTS_EMPTY}, campaigns)
        elsewhere = ("BLOCK", "MEND", ["COUNTRY_NOT_DIALLED"])
        assert everywhere(stubs, FREE, "jp") == ALLOWED
        assert everywhere(stubs, fiction(0), "jp") == elsewhere
        assert everywhere(stubs, FREE, "us") == elsewhere
        assert everywhere(stubs, fiction(0), "us") == ALLOWED
        # a campaign that names none dials the ledger's region
        assert everywhere(stubs, FREE, "unsaid") == ALLOWED
        assert everywhere(stubs, fiction(0), "unsaid") == elsewhere
        assert everywhere(stubs, 999_123_456_789, "jp")[0] == "BLOCK"


def test_a_registry_counts_its_age_from_its_publisher(shared: Daemon, tmp_path: Path) -> None:
    path = tmp_path / "registry.txt"
    path.write_text(f"+{fiction(1)}\n", encoding="utf-8")
    names = ("old", "young", "undated", "exact")
    with shared.stubs() as stubs:
        definitions = {name: policy_pb2.ListDefinition() for name in names}
        for definition in definitions.values():
            definition.CopyFrom(REGISTRY)
        definitions["exact"].max_age_seconds = 3
        apply(stubs, definitions, {f"rests-on-{name}": campaign_of(name) for name in names})
        for name, options in (
            ("old", ("--published", days_ago(40))),
            ("young", ("--published", days_ago(20))),
            ("undated", ()),
        ):
            loaded = shared.load(name, path, *options)
            assert loaded.code == 0, loaded
            assert loaded.report["flags"] == (["undated"] if name == "undated" else [])
        for name in ("old", "undated"):
            assert everywhere(stubs, fiction(2), f"rests-on-{name}") == STALE
            # a hit decides before the age does, and both are said
            told = everywhere(stubs, fiction(1), f"rests-on-{name}")
            assert told == ("BLOCK", "DROP", ["LISTED", "LIST_STALE"])
            assert list_of(stubs, name).stale
        assert everywhere(stubs, fiction(2), "rests-on-young") == ALLOWED

        # time acts by itself, with no upload
        begun = time.time()
        published = int(begun * 1e6)
        upload(stubs, "exact", f"+{fiction(1)}\n".encode(), "exact", published_unix_us=published)
        seen = {}
        while time.time() < begun + 3.5:
            answer = check(stubs.screening, fiction(2), campaign="rests-on-exact")
            is_stale = answer.basis.at_unix_us >= published + 3_000_000
            seen[is_stale] = said(answer)
            assert said(answer) == (STALE if is_stale else ALLOWED)
            time.sleep(0.02)
        assert seen == {False: ALLOWED, True: STALE}


def test_a_number_that_a_registry_does_not_cover_is_not_dialled(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        apply(stubs, {"part": REGISTRY}, {"rests-on-part": campaign_of("part")})
        day = days_ago(2)
        upload(
            stubs,
            "part",
            f"+{fiction(1)}\n".encode(),
            "part-1",
            published_date=day,
            coverage=["1202"],
        )
        uncovered = ("BLOCK", "RETRY", ["OUT_OF_COVERAGE"])
        assert everywhere(stubs, fiction(2), "rests-on-part") == ALLOWED
        assert everywhere(stubs, 13055550123, "rests-on-part") == uncovered
        assert everywhere(stubs, FREE, "rests-on-part") == uncovered


def test_the_default_campaign_stands_in_where_none_is_named(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"one": STARTS_EMPTY, "two": DO_NOT_CONTACT})
        # every blocking list, so the one that was never loaded blocks
        assert everywhere(stubs, FREE, "") == NEVER_LOADED
        upload(stubs, "two", yokohama(1).encode(), "two-1")
        assert everywhere(stubs, FREE, "") == ALLOWED
        assert everywhere(stubs, e164(1), "") == LISTED
        # with a slash in any name a call must say for whom it is
        apply(stubs, {"acme/optout": STARTS_EMPTY})
        for plane in (stubs.screening, stubs.screening_on_control):
            failed = failure_of(lambda: check(plane, FREE))  # noqa: B023
            assert failed.code is grpc.StatusCode.INVALID_ARGUMENT
            assert (failed.reason, failed.fields) == ("CAMPAIGN_NEEDED", ["campaign"])
        assert daemon.ctl("check", yokohama(2)).returncode == 2
        # and where default is defined it is that one
        apply(stubs, campaigns={"default": campaign_of("one")})
        assert everywhere(stubs, e164(1), "") == ALLOWED


def test_clients_are_kept_apart(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        lists = {"acme/optout": STARTS_EMPTY, "beta/optout": STARTS_EMPTY, "common": STARTS_EMPTY}
        campaigns = {"acme/spring": dialled_everywhere(), "beta/spring": dialled_everywhere()}
        for name in campaigns:
            client = name.partition("/")[0]
            campaigns[name].block.extend((f"{client}/optout", "common"))
        apply(stubs, lists, campaigns)
        upload(stubs, "acme/optout", yokohama(20).encode(), "acme-1")
        upload(stubs, "common", yokohama(21).encode(), "common-1")
        assert everywhere(stubs, e164(20), "acme/spring") == LISTED
        assert everywhere(stubs, e164(20), "beta/spring") == ALLOWED
        for name in campaigns:
            assert everywhere(stubs, e164(21), name) == LISTED
        version = version_of(stubs)
        foreign = {"beta/spring": campaign_of("acme/optout")}
        failed = failure_of(lambda: apply(stubs, campaigns=foreign))
        assert failed.code is grpc.StatusCode.INVALID_ARGUMENT
        assert failed.fields == ['campaigns["beta/spring"].block']
        assert version_of(stubs) == version
