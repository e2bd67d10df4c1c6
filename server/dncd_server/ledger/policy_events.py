"""The policy's past: the events that changed it, and at which version the ledger stood at an instant."""

from collections.abc import Iterator

import sqlalchemy as sa

from dncd.v1 import ledger_pb2
from dncd_server.ledger import rows
from dncd_server.ledger.batch_table import PART_EFFECT
from dncd_server.ledger.records import StoredEvent
from dncd_server.ledger.schema import body, event
from dncd_server.ledger.tables import Tables

EVENTS_A_PAGE = 64


class PolicyEvents(Tables):
    """Events by what they are and when they came."""

    def policy_events(self, until_version: int) -> Iterator[StoredEvent]:
        """Yield the events that changed the policy up to a version, in order, with their effects.

        Raises:
            LedgerError: One of them cannot be read.
        """
        after = 0
        while page := self._policy_page(after, until_version):
            yield from page
            after = page[-1].header.version

    def _policy_page(self, after: int, until_version: int) -> list[StoredEvent]:
        statement = (
            _events()
            .where(
                event.c.kind == ledger_pb2.EVENT_KIND_POLICY_APPLIED,
                event.c.version > after,
                event.c.version <= until_version,
            )
            .limit(EVENTS_A_PAGE)
        )
        with self._engine.connect() as connection:
            return [rows.stored_event(row) for row in connection.execute(statement).all()]

    def event_at(self, version: int) -> StoredEvent | None:
        """Return the event at a version with its effect, None where there is none.

        Raises:
            LedgerError: It cannot be read.
        """
        with self._engine.connect() as connection:
            row = connection.execute(_events().where(event.c.version == version)).first()
            return None if row is None else rows.stored_event(row)

    def version_at(self, at_us: int) -> int:
        """Return the newest version at an instant, 0 where the ledger had not begun.

        Versions are gapless and their instants rise, so it is found by halving and not by reading all of them.
        """
        with self._engine.connect() as connection:
            newest = connection.execute(sa.select(sa.func.max(event.c.version))).scalar()
            low, high = 0, int(newest or 0)
            while low < high:
                middle = (low + high + 1) // 2
                of = sa.select(event.c.at_us).where(event.c.version == middle)
                came_us = connection.execute(of).scalar()
                if rows.integer(came_us, f"version {middle}") <= at_us:
                    low = middle
                else:
                    high = middle - 1
        return low


def _events() -> sa.Select[tuple[object, ...]]:
    effect = body.alias()
    joined = (effect.c.version == event.c.version) & (effect.c.part == PART_EFFECT)
    return (
        sa.select(event, effect.c.salt, effect.c.data, sa.null().label("upload"))
        .outerjoin(effect, joined)
        .order_by(event.c.version)
    )
