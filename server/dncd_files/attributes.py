"""Attributes: what rows may say of their entries beside the number, and the heads over it.

Only a head that is known in full stands over an attribute. Heads that merely resemble one stand over something else
too often: the end of a contract is not the end of a refusal.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from dncd_files.heads import fold_head, show_heads
from dncd_files.refusal import FileRefused, Reason


class Attribute(StrEnum):
    """What a column says of its rows' entries."""

    EFFECTIVE = "effective"
    EXPIRES = "expires"
    REVIEW = "review"
    ASKED = "asked"
    PURPOSES = "purposes"
    GROUND = "ground"
    REQUESTER = "requester"
    REFERENCE = "reference"
    SOURCE = "source"
    REASON = "reason"
    CHANGE = "change"

    @property
    def is_date(self) -> bool:
        """Whether its cells are days or instants."""
        return self in (Attribute.EFFECTIVE, Attribute.EXPIRES, Attribute.REVIEW, Attribute.ASKED)

    @property
    def is_text(self) -> bool:
        """Whether its cells are free text, among which a telephone number may stand."""
        return self in (Attribute.SOURCE, Attribute.REASON)

    @property
    def decides(self) -> bool:
        """Whether verdicts depend on it; the others are evidence."""
        return self in (
            Attribute.EFFECTIVE,
            Attribute.EXPIRES,
            Attribute.PURPOSES,
            Attribute.CHANGE,
        )


_HEADS = {
    Attribute.EFFECTIVE: "effective 開始日時",
    Attribute.EXPIRES: "expires 有効期限",
    Attribute.REVIEW: "review 見直し日 見直日",
    Attribute.ASKED: "asked 受付日時",
    Attribute.PURPOSES: "purpose purposes 利用目的",
    Attribute.GROUND: "ground 根拠",
    Attribute.REQUESTER: "requester 請求者",
    Attribute.REFERENCE: "reference ref 受付番号",
    Attribute.SOURCE: "source 取得元",
    Attribute.REASON: "reason 理由",
}
_CHANGE_HEADS = ("change", "op", "action", "type", "区分", "変更区分")
_BY_HEAD = {fold_head(head): kind for kind, heads in _HEADS.items() for head in heads.split()}
_BY_CHANGE_HEAD = _BY_HEAD | dict.fromkeys(map(fold_head, _CHANGE_HEADS), Attribute.CHANGE)
_REJECTS = ("line", "column", "code", "raw", "reason")
"""The heads of the rows that dncctl hands back to be mended: why one could not be read is nobody's reason to ask."""
_MARKS = re.compile(r"[*※]+")
_HINT = re.compile(
    r"[(\[【〔](?:必須|任意|半角|全角|日付|日時|年月日|required|optional|date|[ymdhs/]+)[)\]】〕]"
)


def attribute_of(head: str, *, is_change: bool) -> Attribute | None:
    """Return what a head says of the cells below it, or None.

    Width, case, blanks and joiners do not matter, nor do marks and hints such as ``(任意)`` or ``[YYYY-MM-DD]``.

    Args:
        head: The head.
        is_change: Whether a column may say which rows add and which delete.
    """
    folded = _HINT.sub("", _MARKS.sub("", fold_head(head)))
    return (_BY_CHANGE_HEAD if is_change else _BY_HEAD).get(folded)


def attribute_columns(heads: Sequence[str], *, is_change: bool) -> dict[int, Attribute]:
    """Return by column what those heads say that are an attribute's."""
    kinds = [attribute_of(head, is_change=is_change) for head in heads]
    if tuple(heads[: len(_REJECTS)]) == _REJECTS:
        kinds[: len(_REJECTS)] = [None] * len(_REJECTS)
    return {at: kind for at, kind in enumerate(kinds) if kind is not None}


def refuse_twice(heads: Sequence[str], columns: Mapping[int, Attribute], line: int) -> None:
    """Refuse heads of which two say the same.

    Raises:
        FileRefused: They do; which of them holds is not for us to choose.
    """
    for kind in Attribute:
        same = [heads[at] for at, found in columns.items() if found is kind]
        if len(same) > 1:
            message = (
                f"Several columns say the same of each row ({kind}): {show_heads(same)}. Take out all "
                "but one, or give the others another head."
            )
            raise FileRefused(Reason.LAYOUT, line, message)
