"""The parser that holds expressions against the daemon is itself held against expressions."""

import pytest

from deploy.promql import PromqlError, Selector, selectors


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("up", {"up": ""}),
        ('up{job="dncd"} == 0', {"up": "job"}),
        ("sum(rate(a_total[5m]))", {"a_total": ""}),
        ('sum by (x, y) (rate(a_total{z=~"b|c"}[5m] offset 1d))', {"a_total": "x y z"}),
        ("max(a) without (x)", {"a": "x"}),
        ("sum by (x) (max by (y) (a) / b)", {"a": "x y", "b": "x"}),
        ("a / on (x) group_left (y) b", {"a": "x", "b": "x y"}),
        ("a + b / on (x) c", {"a": "", "b": "x", "c": "x"}),
        ("sum by (x) (a - scalar(sum(b)))", {"a": "x", "b": ""}),
        ("histogram_quantile(0.99, sum by (le, x) (rate(a_bucket[5m])))", {"a_bucket": "le x"}),
        ("histogram_quantile(0.99, a_bucket)", {"a_bucket": "le"}),
        ("(a or vector(0)) == 0 and on () hour() < 9", {"a": ""}),
        ("time() - a > 3 * 86400 and -1 < a ^ 2", {"a": ""}),
        ("count(up == bool 1) by (job)", {"up": "job"}),
        ("campaign:a:rate1h offset 1h > 0.002", {"campaign:a:rate1h": ""}),
    ],
)
def test_every_metric_and_label_is_found(expression: str, expected: dict[str, str]) -> None:
    found = {use.metric: use.labels for use in selectors(expression)}

    assert {metric: frozenset(labels.split()) for metric, labels in expected.items()} == found


def test_values_are_found_where_they_are_plain() -> None:
    (use,) = selectors('a{x="B",y=~"C|D",z=~"E.*",v!="F"}')

    assert {("x", "B"), ("y", "C"), ("y", "D")} == use.values


def test_each_use_of_a_metric_is_its_own() -> None:
    assert [
        Selector("a", frozenset({"x"})),
        Selector("a", frozenset({"y"})),
    ] == selectors('a{x="1"} / a{y="2"}')


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "sum(a",
        "a b",
        "a{x=}",
        "a{x",
        "unheard_of(a)",
        "a @ 5",
        "sum by (x (a)",
        "a offset b",
        "$a",
    ],
)
def test_what_cannot_be_read_is_an_error(expression: str) -> None:
    with pytest.raises(PromqlError):
        selectors(expression)
