"""Statements: what each row of a slice says of its entry beside the number."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from dncd_files.attributes import Attribute
from dncd_files.rows import Row, RowSlice, take_column
from dncd_files.values import AttributeReject, AttributeRules, Value, read_value, reject_of

_MAX_KNOWN = 50_000
_MAX_KNOWN_CHARS = 512
_ROW = -1
_FIELDS = {kind: f"{kind}_us" if kind.is_date else str(kind) for kind in Attribute} | {
    Attribute.CHANGE: "ends"
}
_SLOW = frozenset(kind for kind in Attribute if kind.is_date or kind is Attribute.PURPOSES)
_Cells = tuple[str, ...]
_Key = TypeVar("_Key")
_Item = TypeVar("_Item")


class Statement(NamedTuple):
    """What a row says of its entries; what it leaves to the batch is None or empty.

    Attributes:
        effective_us: When they begin, in microseconds since 1970.
        expires_us: When they end; that instant is past the end.
        review_us: When a person should look again.
        asked_us: When the person asked.
        purposes: For which purposes they hold, sorted.
        ground: A ground code.
        requester: In which capacity somebody asked.
        reference: The operator's own receipt number.
        source: Where the number comes from.
        reason: Why.
        ends: Whether the row deletes the number from a published series.
    """

    effective_us: int | None = None
    expires_us: int | None = None
    review_us: int | None = None
    asked_us: int | None = None
    purposes: tuple[str, ...] = ()
    ground: str = ""
    requester: str = ""
    reference: str = ""
    source: str = ""
    reason: str = ""
    ends: bool = False


Keep = Callable[[Statement], int]
"""Takes a statement; returns the note, at least 0, by which it is found again."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell of an attribute, or a row, that cannot be taken.

    Attributes:
        column: Which field, from 0; -1 means the row.
        code: Why.
    """

    column: int
    code: AttributeReject


@dataclass(frozen=True, slots=True)
class StatedRows:
    """What the rows of a slice say.

    Attributes:
        notes: Of each row, blank ones included, the note of its statement; meaningless where it has faults.
        faults: By row what is wrong with it.
    """

    notes: Sequence[int]
    faults: Mapping[int, Sequence[Fault]]


class StatementReader:
    """Reads the attribute columns of a file. Rows that say the same are read once.

    Args:
        columns: The fields, from 0, with what each says.
        rules: What the cells are held to.
        keep: Takes each statement.
        width: How many fields a row has by the header.
    """

    def __init__(
        self,
        columns: Sequence[tuple[int, Attribute]],
        rules: AttributeRules,
        keep: Keep,
        width: int,
    ) -> None:
        self._columns = columns
        self._rules = rules
        self._keep = keep
        self._width = width
        self._place = {kind: place for place, (_, kind) in enumerate(columns)}
        self._known: dict[_Cells, int | tuple[Fault, ...]] = {}
        self._values: list[dict[str, Value | None]] = [{} for _ in columns]
        # A delimiter that was not quoted shifts what follows it, and an entry would end when nobody said so.
        self._is_strict = any(kind.decides for kind in self._place)
        self._terms = frozenset(
            column for column, kind in columns if kind in (Attribute.EFFECTIVE, Attribute.EXPIRES)
        )

    def read(self, part: RowSlice) -> StatedRows:
        """Return what the rows of a slice say; what is wrong with blank rows does not matter."""
        by_column = [take_column(part.rows, column) for column, _ in self._columns]
        keys: list[_Cells] = list(zip(*by_column, strict=True))
        found = list(map(self._known.get, keys))
        for at, known in enumerate(found):
            if known is None:
                found[at] = self._read_new(keys[at])
        faults: dict[int, Sequence[Fault]] = {
            at: known for at, known in enumerate(found) if isinstance(known, tuple)
        }
        if self._is_strict:
            for at in self._overfull(part.rows):
                fault = Fault(_ROW, AttributeReject.INVALID_ATTRIBUTE)
                faults[at] = (*faults.get(at, ()), fault)
        notes = [known if isinstance(known, int) else 0 for known in found]
        return StatedRows(notes, faults)

    def _overfull(self, rows: Sequence[Row]) -> list[int]:
        if not rows or max(map(len, rows)) <= self._width:
            return []
        return [at for at, row in enumerate(rows) if any(map(str.strip, row[self._width :]))]

    def _read_new(self, cells: _Cells) -> int | tuple[Fault, ...]:
        known = self._known.get(cells)
        if known is not None:
            return known
        values: dict[Attribute, Value] = {}
        faults: list[Fault] = []
        for place, cell in enumerate(cells):
            if not cell or cell.isspace():
                continue
            column, kind = self._columns[place]
            value = self._value(place, kind, cell)
            if value is None:
                faults.append(Fault(column, reject_of(kind)))
            else:
                values[kind] = value
        self._contradict(values, faults)
        result = tuple(faults) or self._keep(_statement(values))
        if sum(map(len, cells)) <= _MAX_KNOWN_CHARS:
            _remember(self._known, cells, result)
        return result

    def _value(self, place: int, kind: Attribute, cell: str) -> Value | None:
        known = self._values[place]
        if cell in known:
            return known[cell]
        value = read_value(kind, cell, self._rules)
        if kind in _SLOW and len(cell) <= _MAX_KNOWN_CHARS:
            _remember(known, cell, value)
        return value

    def _contradict(self, values: Mapping[Attribute, Value], faults: list[Fault]) -> None:
        """Add what is wrong with cells that can each be taken, or with one that says nothing."""
        rules = self._rules
        wrong = {fault.column for fault in faults}
        found = []
        if rules.is_change and Attribute.CHANGE not in values:
            found.append(self._fault(Attribute.CHANGE))
        if rules.needs_source and Attribute.SOURCE not in values:
            deletes = values.get(Attribute.CHANGE) is True
            found += [] if deletes else [self._fault(Attribute.SOURCE)]
        if self._terms and self._terms.isdisjoint(wrong) and self._is_void(values):
            is_end = Attribute.EXPIRES in values
            found.append(self._fault(Attribute.EXPIRES if is_end else Attribute.EFFECTIVE))
        faults += [fault for fault in found if fault.column not in wrong]

    def _is_void(self, values: Mapping[Attribute, Value]) -> bool:
        """Tell whether a row says of an entry that it ends before it begins, or as it does."""
        if Attribute.EFFECTIVE not in values and Attribute.EXPIRES not in values:
            return False
        begins = values.get(Attribute.EFFECTIVE, self._rules.effective_us)
        ends = values.get(Attribute.EXPIRES, self._rules.expires_us)
        return isinstance(begins, int) and isinstance(ends, int) and 0 < ends <= begins

    def _fault(self, kind: Attribute) -> Fault:
        place = self._place.get(kind)
        column = _ROW if place is None else self._columns[place][0]
        return Fault(column, reject_of(kind))


def _remember(known: dict[_Key, _Item], key: _Key, item: _Item) -> None:
    if len(known) >= _MAX_KNOWN:
        known.clear()
    known[key] = item


def _statement(values: Mapping[Attribute, Value]) -> Statement:
    stated: dict[str, Value] = {_FIELDS[kind]: value for kind, value in values.items()}
    return Statement(**stated)  # type: ignore[arg-type]  # each kind has values of its field's type
