"""A file is read as its list's countries write numbers, and numbers of others are told or refused."""

from pathlib import Path

import grpc

from dncd.v1 import batch_pb2
from e2e.definitions import campaign_of, own_list, registry
from e2e.numbering import e164, fiction, yokohama
from e2e.planes import (
    ACTIVE,
    DO_NOT_CONTACT,
    REFUSED,
    SECONDS,
    apply,
    check,
    failure_of,
    list_of,
    said,
    upload,
    version_of,
)
from e2e.uploads import days_ago, file_with, report_of
from e2e.verdicts import ALLOWED, LISTED
from harness.daemon import Daemon


def _at_home(index: int) -> str:
    """Return a number of fiction as it is written in North America."""
    digits = str(fiction(index))
    return f"({digits[1:4]}) {digits[4:7]}-{digits[7:]}"


def test_a_file_is_read_as_its_lists_country_writes(shared: Daemon, tmp_path: Path) -> None:
    path = file_with(tmp_path, "us.txt", *(_at_home(index) for index in range(3)))
    with shared.stubs() as stubs:
        apply(
            stubs,
            {"us-own": own_list("US"), "us-other": own_list("US")},
            {
                "us-first": campaign_of("us-other", countries=("US", "JP")),
                "jp-first": campaign_of("us-own", countries=("JP", "US")),
            },
        )

        other = shared.load("us-other", path, "--batch-id", "us-other-1")
        own = shared.load("us-own", path, "--batch-id", "us-own-1")
        told = shared.load("us-own", path, "--batch-id", "us-own-2", "--region", "US")

        assert (other.code, other.report["flags"]) == (0, [])
        # the campaign would read the same text as Japanese
        assert (own.code, own.report["flags"]) == (0, ["read_otherwise"])
        assert (told.code, told.report["flags"]) == (0, [])
        assert own.report["numbers"]["added"] == other.report["numbers"]["added"] == 3
        for batch_id in ("us-other-1", "us-own-1", "us-own-2"):
            assert report_of(stubs, batch_id).region == "US"
        for campaign in ("us-first", "jp-first"):
            assert said(check(stubs.screening, fiction(0), campaign=campaign)) == LISTED


def test_a_list_without_countries_is_read_in_the_ledgers_region(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        lists = {"plain": DO_NOT_CONTACT, "both": own_list("US", "JP")}
        apply(stubs, lists, {"home": campaign_of("plain", "both", countries=("JP",))})
        for name in lists:
            report = upload(stubs, name, f"{yokohama(1)}\n".encode(), f"{name}-1")
            assert (report.region, list(report.flags)) == ("JP", [])
            assert said(check(stubs.screening, e164(1), campaign="home"))[2][0] == "LISTED"


def test_the_us_registrys_own_layout_is_read_as_american(shared: Daemon) -> None:
    data = "".join(f"{str(fiction(index))[1:4]},{str(fiction(index))[4:]}\n" for index in range(3))
    with shared.stubs() as stubs:
        apply(stubs, {"npa": registry()}, {"uses-npa": campaign_of("npa", countries=("US",))})
        report = upload(
            stubs, "npa", data.encode(), "npa-1", published_date=days_ago(2), region="JP"
        )

        assert (report.state, report.layout, report.region) == (ACTIVE, "npa-nxx-xxxx", "US")
        assert said(check(stubs.screening, fiction(1), campaign="uses-npa")) == LISTED


def test_numbers_of_other_countries_are_told_and_most_of_them_refused(
    shared: Daemon, tmp_path: Path
) -> None:
    some = file_with(tmp_path, "some.txt", f"+{fiction(1)}", f"+{fiction(2)}", f"+{e164(1)}")
    half = file_with(tmp_path, "half.txt", f"+{fiction(3)}", f"+{e164(2)}")
    most = file_with(tmp_path, "most.txt", f"+{fiction(4)}", f"+{e164(3)}", f"+{e164(4)}")
    with shared.stubs() as stubs:
        apply(
            stubs,
            {"american": own_list("US")},
            {"uses-american": campaign_of("american", countries=("US", "JP"))},
        )
        for path in (some, half):
            loaded = shared.load("american", path)
            assert (loaded.code, loaded.report["flags"]) == (0, ["foreign_numbers"])
        # what blocks acts: the foreign ones are blocked as well
        assert said(check(stubs.screening, e164(1), campaign="uses-american")) == LISTED

        before = version_of(stubs), list_of(stubs, "american").numbers
        for options in (("--dry-run",), ()):
            refused = shared.load("american", most, "--batch-id", "most-1", *options)
            assert (refused.code, refused.report["state"]) == (1, "REFUSED")
            assert refused.report["numbers"] == {"added": 0, "removed": 0, "unchanged": 0}
            assert refused.report["version"] is None
            assert (version_of(stubs), list_of(stubs, "american").numbers) == before
            known = batch_pb2.GetBatchRequest(batch_id="most-1")
            if options:
                failed = failure_of(lambda: stubs.batch.GetBatch(known, timeout=SECONDS))  # noqa: B023
                assert failed.code is grpc.StatusCode.NOT_FOUND
        report = report_of(stubs, "most-1")
        assert (report.state, report.refusal.reason) == (REFUSED, "WRONG_COUNTRY")
        assert "2 of 3 numbers, as read in US, are not of US" in report.refusal.message
        assert report.rows.read == 3
        assert said(check(stubs.screening, fiction(4), campaign="uses-american")) == ALLOWED
        assert said(check(stubs.screening, e164(3), campaign="uses-american")) == ALLOWED

    # a list of its own takes it, with the same id
    mended = file_with(tmp_path, "mended.txt", f"+{fiction(4)}")
    assert shared.load("american", mended, "--batch-id", "most-1").code == 0
