"""Guards: what blocks acts at once, what opens waits for another person."""

from dataclasses import dataclass

from dncd_engine.lists import ListState
from dncd_engine.model import ListDefinition
from dncd_server.actors import DECLARED, Actor
from dncd_server.changes.work import Difference

RELEASES_WITHOUT_ASKING = 1_000
GROWTH_WITHOUT_REMARK = 100_000
"""The defaults' lower bounds; real registries gain and lose up to a tenth of themselves in a day."""
RELEASES_OF_A_MISTAKE = 100
"""A replace that releases more than so many, and most of what it replaces, is taken for a wrong file."""


@dataclass(frozen=True, slots=True)
class TwoPersons:
    """When a change that opens waits for another person.

    Attributes:
        always: Whether a name that is only declared counts as a person, too.
    """

    always: bool

    def must_hold(self, actor: Actor) -> bool:
        """Tell whether what this actor opens waits: one who only says who he is cannot be told from another."""
        return self.always or actor.proof != DECLARED


def release_limit(definition: ListDefinition, numbers: int) -> int:
    """Return how many releases act without another person, of a list that holds so many numbers."""
    if definition.release_limit is not None:
        return definition.release_limit
    return 0 if definition.kind.is_own else max(RELEASES_WITHOUT_ASKING, numbers // 10)


def is_unusual(item: ListState, added: int) -> bool:
    """Tell whether a list grows by more than it usually does."""
    if item.definition.growth_limit:
        return added > item.definition.growth_limit
    return item.loaded and added > max(GROWTH_WITHOUT_REMARK, item.entries.count)


def opens_too_much(difference: Difference) -> bool:
    """Tell whether a difference lets through more than its list's ``release_limit``."""
    item = difference.list
    return difference.released > release_limit(item.definition, item.entries.count)


def looks_like_a_mistake(difference: Difference, meant: int) -> bool:
    """Tell whether a replace releases most of what is there, without its uploader's having said that he means it."""
    released = difference.released
    # of the list, or of what earlier replaces put there: what it names and was there before
    is_most = released > difference.named - difference.added
    is_most = is_most or released * 2 > difference.list.entries.count
    return released > max(RELEASES_OF_A_MISTAKE, meant) and is_most
