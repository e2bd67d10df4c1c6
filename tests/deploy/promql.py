"""What an expression of PromQL asks for: which metrics, and which labels of each.

A parser of the part of the language that the dashboard and the alerts use. What it does not know
is an error, never silently left out: an expression that it cannot read is one that nobody has held
against the daemon.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<duration>\[[0-9a-z:]+\])
    | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<number>[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?(?![a-z0-9]))
    | (?P<span>[0-9]+(?:ms|[smhdwy]))
    | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
    | (?P<operator>==|!=|=~|!~|<=|>=|[-+*/%^<>=(){},])
    """,
    re.VERBOSE,
)
AGGREGATIONS = frozenset(
    {
        "avg",
        "bottomk",
        "count",
        "count_values",
        "group",
        "max",
        "min",
        "quantile",
        "stddev",
        "stdvar",
        "sum",
        "topk",
    }
)
# Names that are followed by "(" and are neither aggregation nor metric.
FUNCTIONS = frozenset(
    {
        "abs",
        "absent",
        "ceil",
        "changes",
        "clamp_max",
        "clamp_min",
        "count_over_time",
        "day_of_week",
        "delta",
        "floor",
        "histogram_quantile",
        "hour",
        "increase",
        "irate",
        "max_over_time",
        "min_over_time",
        "rate",
        "round",
        "scalar",
        "sort",
        "sort_desc",
        "time",
        "vector",
    }
)
# What comes out of these has none of the labels that went in.
LABELLESS = frozenset({"scalar", "absent", "vector"})
PRECEDENCE = {
    "or": 1,
    **dict.fromkeys(("and", "unless"), 2),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%"), 5),
    "^": 6,
}
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})


class PromqlError(ValueError):
    """The expression is not one that this parser can read."""


@dataclass(frozen=True)
class Selector:
    """One use of a metric."""

    metric: str
    # Every label that the expression needs this metric to have: matched, grouped by or joined on.
    labels: frozenset[str] = frozenset()
    # The values that labels are compared with by "=" and by a "=~" of plain alternatives.
    values: frozenset[tuple[str, str]] = field(default=frozenset(), compare=False)

    def needing(self, labels: Iterable[str]) -> Selector:
        """Return the same use with more labels needed."""
        return replace(self, labels=self.labels | frozenset(labels))


def selectors(expression: str) -> list[Selector]:
    """Return every use of a metric in an expression, in its order.

    Raises:
        PromqlError: the expression cannot be read.
    """
    parser = _Parser(_tokens(expression), expression)
    found = parser.expression(0)
    parser.end()
    return found


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


def _tokens(expression: str) -> list[_Token]:
    tokens = []
    position = 0
    while position < len(expression):
        match = TOKEN.match(expression, position)
        if match is None:
            raise PromqlError(f"cannot read {expression[position : position + 20]!r}")
        position = match.end()
        if match.lastgroup and match.lastgroup != "space":
            tokens.append(_Token(match.lastgroup, match.group()))
    return tokens


class _Parser:
    def __init__(self, tokens: Sequence[_Token], source: str) -> None:
        self._tokens = tokens
        self._source = source
        self._at = 0

    def expression(self, floor: int) -> list[Selector]:
        left = self._operand()
        while (rank := PRECEDENCE.get(self._peek())) is not None and rank > floor:
            operator = self._next().text
            if operator in COMPARISONS:
                self._accept("bool")
            both, right_only = self._matching()
            right = self.expression(rank if operator != "^" else rank - 1)
            left = [use.needing(both) for use in left]
            left += [use.needing(both | right_only) for use in right]
        return left

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise self._error()

    def _matching(self) -> tuple[frozenset[str], frozenset[str]]:
        """Read on/ignoring and group_left; return labels needed on both sides and on the one."""
        both: frozenset[str] = frozenset()
        extra: frozenset[str] = frozenset()
        if self._accept("on") or self._accept("ignoring"):
            both = self._names()
            if self._accept("group_left"):
                extra = self._names() if self._peek() == "(" else extra
        return both, extra

    def _operand(self) -> list[Selector]:
        if self._peek() in ("-", "+"):
            self._next()
            return self._operand()
        if self._accept("("):
            inside = self.expression(0)
            self._expect(")")
        elif self._kind() in ("number", "string"):
            self._next()
            inside = []
        else:
            inside = self._named()
        self._suffixes()
        return inside

    def _named(self) -> list[Selector]:
        if self._kind() != "name":
            raise self._error()
        name = self._next().text
        if name in AGGREGATIONS:
            return self._aggregation()
        if self._peek() == "(":
            if name not in FUNCTIONS:
                raise PromqlError(f"unknown function {name} in {self._source!r}")
            inside = self._arguments()
            if name == "histogram_quantile":
                inside = [use.needing({"le"}) for use in inside]
            # A grouping outside asks nothing of what has lost its labels here.
            return [_Sealed.of(use) for use in inside] if name in LABELLESS else inside
        return [self._selector(name)]

    def _aggregation(self) -> list[Selector]:
        labels = self._grouping()
        inside = self._arguments()
        labels |= self._grouping()
        # What is outside sees only the labels that the grouping keeps: needing another is a mistake
        # that shows as a missing label, because it is asked of the metric all the same.
        return [use.needing(labels) for use in inside]

    def _grouping(self) -> frozenset[str]:
        if self._accept("by") or self._accept("without"):
            return self._names()
        return frozenset()

    def _arguments(self) -> list[Selector]:
        self._expect("(")
        inside: list[Selector] = []
        while not self._accept(")"):
            inside += self.expression(0)
            if self._peek() != ")":
                self._expect(",")
        return inside

    def _selector(self, metric: str) -> Selector:
        labels = set()
        values = set()
        if self._accept("{"):
            while not self._accept("}"):
                label = self._next().text
                operator = self._next().text
                value = self._next().text[1:-1]
                labels.add(label)
                if operator == "=":
                    values.add((label, value))
                elif operator == "=~" and re.fullmatch(r"[\w|]+", value):
                    values |= {(label, each) for each in value.split("|")}
                if self._peek() != "}":
                    self._expect(",")
        return Selector(metric, frozenset(labels), frozenset(values))

    def _suffixes(self) -> None:
        while True:
            if self._kind() == "duration":
                self._next()
            elif self._accept("offset"):
                if self._next().kind != "span":
                    raise self._error()
            else:
                return

    def _names(self) -> frozenset[str]:
        self._expect("(")
        names = set()
        while not self._accept(")"):
            names.add(self._next().text)
            if self._peek() != ")":
                self._expect(",")
        return frozenset(names)

    def _peek(self) -> str:
        return self._tokens[self._at].text if self._at < len(self._tokens) else ""

    def _kind(self) -> str:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else ""

    def _next(self) -> _Token:
        if self._at >= len(self._tokens):
            raise PromqlError(f"{self._source!r} ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _accept(self, text: str) -> bool:
        if self._peek() != text:
            return False
        self._at += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._error()

    def _error(self) -> PromqlError:
        return PromqlError(f"did not expect {self._peek() or 'the end'!r} in {self._source!r}")


@dataclass(frozen=True)
class _Sealed(Selector):
    """A use whose labels nothing outside can see."""

    @classmethod
    def of(cls, use: Selector) -> _Sealed:
        return cls(use.metric, use.labels, use.values)

    def needing(self, labels: Iterable[str]) -> Selector:
        return self
