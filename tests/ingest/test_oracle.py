"""Reading with attributes is what a plain loop over rows would come to."""

import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dncd_engine.strata import OVER_BEFORE_IT_CAME_US, PLAIN, Stratum
from dncd_files.statements import Statement
from dncd_server.ingest import attributes, collect
from dncd_server.ingest.messages import MODES, RowCounts
from files.test_attributes import NOW, us
from ingest.uploading import Outcome, job, work

NUMBERS = {
    "045-000-0001": 81450000001,
    "0450000001": 81450000001,
    "0450000002": 81450000002,
    "060-9000-0004": 816090000004,
    "+1 202 555 0101": 12025550101,
    "なし": None,
}
EFFECTIVE = {
    "": None,
    "2026-01-01": us("2025-12-31T15:00"),
    "2027/2/1": us("2027-01-31T15:00"),
    "?": 0,
}
EXPIRES = {
    "": None,
    "2026-06-30": us("2026-06-30T15:00"),
    "2027-01-31": us("2027-01-31T15:00"),
    "2027年3月1日": us("2027-03-01T15:00"),
    "46000": 0,
}
PURPOSES = {"": (), "survey": ("survey",), "survey;sales": ("sales", "survey"), "spam": ("?",)}
REFERENCES = ("", "R-1", "R-2")
OPS = {"A": False, "削除": True, "?": None}
ROW = st.tuples(
    *map(st.sampled_from, (list(NUMBERS), list(EFFECTIVE), list(EXPIRES), list(PURPOSES))),
    st.sampled_from(REFERENCES),
    st.sampled_from(["A", "A", "削除", "?"]),
)
Row = tuple[str, str, str, str, str, str]
TERMS = (PLAIN, Stratum(us("2027-02-15T00:00"), us("2027-06-01T00:00"), ("sales",), 5))


@dataclass
class Oracle:
    """Reads rows one by one."""

    mode: str
    terms: Stratum
    keeps_last: bool
    rows: dict[int, list[tuple[Stratum | None, Statement]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    read: int = 0
    accepted: int = 0
    rejects: list[tuple[int, int, str]] = field(default_factory=list)
    rejected: int = 0

    def take(self, line: int, row: Row) -> None:
        """Take a row, which begins in a line."""
        self.read += 1
        number = NUMBERS[row[0]]
        effective, expires, purposes = EFFECTIVE[row[1]], EXPIRES[row[2]], PURPOSES[row[3]]
        wrong = [(1, "not_a_number")] if number is None else []
        wrong += [(2, "invalid_date")] if effective == 0 else []
        wrong += [(3, "invalid_date")] if expires == 0 else []
        wrong += [(4, "invalid_attribute")] if purposes == ("?",) else []
        wrong += [(6, "invalid_attribute")] if self.mode == "change" and OPS[row[5]] is None else []
        wrong += [] if {effective, expires} & {0} else self.contradiction(effective, expires)
        if wrong or number is None:
            self.rejects += [(line, column, code) for column, code in wrong]
            self.rejected += 1
            return
        self.accepted += number not in self.rows
        ends = self.mode == "change" and OPS[row[5]]
        said = Statement(effective, expires, purposes=purposes, reference=row[4])
        stratum = None if ends else self.stratum(effective, expires, purposes)
        self.rows[number].append((stratum, said))

    def contradiction(self, effective: int | None, expires: int | None) -> list[tuple[int, str]]:
        """Return what is wrong with a beginning and an end that were read."""
        if effective is None and expires is None:
            return []
        terms = PLAIN if self.mode == "remove" else self.terms
        begins = terms.effective_us if effective is None else effective
        ends = terms.expires_us if expires is None else expires
        if not ends or begins < ends:
            return []
        return [(2 if expires is None else 3, "invalid_date")]

    def stratum(
        self, effective: int | None, expires: int | None, purposes: tuple[str, ...]
    ) -> Stratum:
        """Return what decides, with what is past told as past."""
        if self.mode == "remove":
            return PLAIN
        begins = self.terms.effective_us if effective is None else effective
        ends = self.terms.expires_us if expires is None else expires
        begins = begins if begins > NOW else 0
        if 0 < ends <= NOW:
            begins, ends = 0, OVER_BEFORE_IT_CAME_US
        return Stratum(begins, ends, purposes or self.terms.purposes, self.terms.published_us)

    def standing(self, number: int) -> list[tuple[Stratum | None, Statement]]:
        """Return the rows of a number that count."""
        rows = self.rows[number]
        if self.keeps_last or rows[-1][0] is None:
            return rows[-1:]
        ends = [at for at, (stratum, _) in enumerate(rows) if stratum is None]
        return rows[ends[-1] + 1 :] if ends else rows

    def check(self, outcome: Outcome) -> None:
        """Compare with what was told."""
        strata: dict[Stratum, set[int]] = defaultdict(set)
        ended = set()
        said: dict[int, set[Statement]] = {}
        for number in self.rows:
            for stratum, statement in self.standing(number):
                if stratum is None:
                    ended.add(number)
                else:
                    strata[stratum].add(number)
                if any(statement):
                    said.setdefault(number, set()).add(statement)
        assert {key: set(found) for key, found in outcome.by_stratum().items()} == strata
        assert outcome.done.strata[0] == (PLAIN if self.mode == "remove" else self.terms)
        assert len(set(outcome.done.strata)) == len(outcome.done.strata)
        assert set(outcome.done.strata[1:]) <= set(strata)
        assert outcome.ended() == sorted(ended)
        assert outcome.done.ended == len(ended)
        assert outcome.done.numbers == len(set(self.rows) - ended)
        assert {number: set(found) for number, found in outcome.said().items()} == said
        assert sum(map(len, outcome.said().values())) == sum(map(len, said.values()))
        found = [(row.line, row.column, row.code) for row in outcome.rejected]
        assert sorted(found) == sorted(self.rejects)
        duplicate = self.read - self.rejected - self.accepted
        assert outcome.done.rows == RowCounts(self.read, self.accepted, duplicate, self.rejected)


@given(
    st.lists(ROW, min_size=1, max_size=30),
    st.sampled_from(MODES),
    st.sampled_from(TERMS),
    st.booleans(),
    st.sampled_from(["cp932", "utf-8", "utf-16"]),
    st.sampled_from([1 << 20, 1]),
)
@settings(max_examples=300, deadline=None)
def test_reading_is_what_a_plain_loop_comes_to(
    rows: list[Row], mode: str, terms: Stratum, keeps_last: bool, codec: str, block: int
) -> None:
    oracle = Oracle(mode, terms, keeps_last)
    # Enough rows that are sound for the file to be believed.
    rows = [*rows, *[("0450000002", "", "", "", "", "A")] * (len(rows) + 1)]
    text = "電話番号,開始日時,有効期限,利用目的,受付番号,区分\n"
    for line, row in enumerate(rows, 2):
        oracle.take(line, row)
        text += ",".join(row) + "\n"
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(collect, "_BLOCK", block)
        upload_job = job(
            Path(folder),
            mode=mode,
            terms=terms,
            keeps_last=keeps_last,
            now_us=NOW,
            tz="Asia/Tokyo",
            declared_purposes=("sales", "survey"),
        )
        oracle.check(work(upload_job, text.encode(codec)))


def test_many_rows_come_in_parts_that_hold_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attributes, "PART_BYTES", 5_000)
    oracle = Oracle("add", PLAIN, keeps_last=False)
    text = "電話番号,受付番号\n"
    for at in range(3_000):
        number = 81450000000 + at * 7919 % 2_000
        oracle.read += 1
        oracle.accepted += number not in oracle.rows
        oracle.rows[number].append((PLAIN, Statement(reference=f"R-{at}")))
        text += f"0{number - 81 * 10**9},R-{at}\n"
    outcome = work(job(tmp_path, now_us=NOW), text.encode())
    oracle.check(outcome)
    parts = [(each.prefix, each.part) for each in outcome.attributes]
    assert len(parts) > 20
    assert parts == [(81450000000 >> 22, part) for part in range(len(parts))]
