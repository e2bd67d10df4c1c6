"""PromQL, put together from a metric and what the template variables choose."""

from __future__ import annotations

# What the template variables choose.
CAMPAIGN = 'campaign=~"$campaign"'
VIA = 'via=~"$via"'
LIST = 'list=~"$list"'


STEP = "[$__rate_interval]"  # the shortest window that holds samples at the present zoom
SHOWN = "[$__range]"  # all that the dashboard shows


def rate(metric: str, *matchers: str, by: str = "", window: str = STEP) -> str:
    """Return the per-second rate of a counter, added up by labels."""
    return added_up("rate", metric, *matchers, by=by, window=window)


def increase(metric: str, *matchers: str, by: str = "", window: str = STEP) -> str:
    """Return how much a counter has grown, added up by labels."""
    return added_up("increase", metric, *matchers, by=by, window=window)


def added_up(function: str, metric: str, *matchers: str, by: str, window: str) -> str:
    """Return a function of a counter over a window, added up by labels."""
    grouping = f" by ({by}) " if by else ""
    selector = f"{{{','.join(matchers)}}}" if matchers else ""
    return f"sum{grouping}({function}({metric}{selector}{window}))"


def quantile(q: float, metric: str) -> str:
    """Return a quantile of a histogram."""
    return f"histogram_quantile({q}, {rate(f'{metric}_bucket', by='le')})"


def hit_rate(by: str = "", window: str = STEP) -> str:
    """Return the share of numbers that were on a list; 0, not nothing, where none was yet."""
    hits = rate("dncd_blocks_total", CAMPAIGN, 'reason="LISTED"', by=by, window=window)
    checks = rate("dncd_checks_total", CAMPAIGN, by=by, window=window)
    return f"({hits} or 0 * {checks}) / {checks}"


def per_list(metric: str, function: str = "max") -> str:
    """Return a gauge by list; every node says the same, so one of them is enough."""
    return f"{function} by (list) ({metric}{{{LIST}}})"
