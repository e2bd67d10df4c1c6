"""Whether a policy is one that dncd can keep: every problem, with its field and its mend."""

from collections.abc import Iterator

from dncd_engine.campaign_validation import problems_of_campaign
from dncd_engine.list_validation import is_prefix, problems_of_list
from dncd_engine.model import Policy
from dncd_engine.names import RESERVED_CAMPAIGNS, is_name
from dncd_engine.problems import MAX_TEXT_BYTES, Problem, problems_of_text
from dncd_engine.verdict import Code

__all__ = ["MAX_TEXT_BYTES", "Problem", "is_prefix", "problems_of"]


def problems_of(policy: Policy) -> list[Problem]:
    """Return all that is wrong with a policy, in order of field; none means that it can be put in force."""
    found = list(_purposes(policy))
    for name in sorted(policy.lists):
        found += _name("lists", name)
        found += problems_of_list(name, policy)
    for name in sorted(policy.campaigns):
        found += _name("campaigns", name)
        found += problems_of_campaign(name, policy)
    for code, answer in sorted(policy.answers.items()):
        found += _answer(code, answer)
    for name, source in sorted(policy.sources.items()):
        found += _name("sources", name)
        for field, text in (
            ("provider", source.provider),
            ("route", source.route),
            ("basis", source.basis),
        ):
            found += problems_of_text(f'sources["{name}"].{field}', text)
    return found


def _name(group: str, name: str) -> Iterator[Problem]:
    if not is_name(name):
        yield Problem(
            group,
            "a name has 1 to 64 of a-z, 0-9, '.', '_', '-' and at most one slash between two parts",
        )
    if group == "campaigns" and name in RESERVED_CAMPAIGNS:
        yield Problem(f'campaigns["{name}"]', "this name is dncd's own; choose another")


def _answer(code: str, answer: str) -> Iterator[Problem]:
    if code not in Code.__members__:
        yield Problem("answers", "an answer stands under a reason code, such as LISTED")
    else:
        yield from problems_of_text(f"answers.{code}", answer)


def _purposes(policy: Policy) -> Iterator[Problem]:
    for purpose in policy.purposes:
        length = len(purpose.encode("utf-8", "surrogatepass"))
        if not 0 < length <= MAX_TEXT_BYTES or purpose != purpose.strip():
            yield Problem("purposes", "a purpose is 1 to 256 bytes without blanks around it")
        else:
            yield from problems_of_text("purposes", purpose)
    if len(set(policy.purposes)) != len(policy.purposes):
        yield Problem("purposes", "a purpose stands twice; take one out")
