"""Strata: what decides about an entry beside its number, so that entries that share it are kept as one set.

Start, end and purposes decide; so does, on a list whose numbers each have an age of their own, the publisher's date.
Grounds, receipts and the rest are evidence: they stay in the ledger, and no check ever sees them.
"""

from dataclasses import dataclass

OVER_BEFORE_IT_CAME_US = 1
"""The end of an entry that was past when its batch came: it never acts, but on a list that opens it takes the place of
the number's earlier entries."""


@dataclass(frozen=True, slots=True, order=True)
class Stratum:
    """What decides about a set of entries.

    Attributes:
        effective_us: When they begin, in microseconds since 1970, that instant included; 0 means at once.
        expires_us: When they end; that instant is past the end. 0 means never.
        purposes: For which purposes they hold, sorted; none means for every purpose.
        published_us: The publisher's date, on a clearance; 0 where none was given, and on every other kind.
    """

    effective_us: int = 0
    expires_us: int = 0
    purposes: tuple[str, ...] = ()
    published_us: int = 0

    def is_active(self, at_us: int) -> bool:
        """Tell whether its entries act at an instant."""
        return self.effective_us <= at_us and (not self.expires_us or at_us < self.expires_us)

    def speaks_of(self, purpose: str) -> bool:
        """Tell whether its entries hold for a purpose.

        A campaign without a purpose, "", is held to every entry of a list that blocks and may use none that is
        narrowed: see ``blocks_for`` and ``opens_for``.
        """
        return not self.purposes or purpose in self.purposes

    def blocks_for(self, purpose: str) -> bool:
        """Tell whether an entry of a list that blocks stops a campaign of a purpose; one without a purpose it stops."""
        return not purpose or self.speaks_of(purpose)

    def opens_for(self, purpose: str) -> bool:
        """Tell whether an entry of a list that opens lets a campaign of a purpose through."""
        return self.speaks_of(purpose)

    def covers(self, other: "Stratum") -> bool:
        """Tell whether an entry of this stratum acts whenever, and for whatever, one of another does."""
        return (
            self.effective_us <= other.effective_us
            and (not self.expires_us or 0 < other.expires_us <= self.expires_us)
            and (
                not self.purposes
                or (bool(other.purposes) and set(other.purposes) <= set(self.purposes))
            )
            and self.published_us >= other.published_us
        )


PLAIN = Stratum()
"""At once, for ever, for every purpose: nearly every entry."""
