"""Lists and campaigns of every kind, and instants near now, for tests of what rows and batches say of their entries."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from e2e.desk import run
from harness.daemon import Daemon

POLICY = """
purposes = ["sales:fiber", "survey"]

[sources.meibo]
provider = "株式会社名簿"
route = "応募はがき"
basis = "consent"

[lists.timed]
kind = "do_not_contact"

[lists.kiribati]
kind = "do_not_contact"
tz = "Pacific/Kiritimati"

[lists.pago]
kind = "do_not_contact"
tz = "Pacific/Pago_Pago"

[lists.purposed]
kind = "do_not_contact"

[lists.own]
kind = "do_not_contact"
starts_empty = true

[lists.suspended]
kind = "suspended_use"
starts_empty = true

[lists.authority]
kind = "registry"
countries = ["JP"]

[lists.customers]
kind = "exemption"

[lists.opted]
kind = "consent"

[lists.washed]
kind = "clearance"
max_age = "31d"

[lists.leads]
kind = "origin"

[lists.old]
kind = "registry"
countries = ["JP"]
max_age = "31d"

[campaigns.timed]
block = ["timed"]

[campaigns.kiribati]
block = ["kiribati"]

[campaigns.pago]
block = ["pago"]

[campaigns.fiber]
purpose = "sales:fiber"
block = ["purposed"]

[campaigns.survey]
purpose = "survey"
block = ["purposed"]

[campaigns.unsaid]
block = ["purposed"]

[campaigns.lifted]
block = ["authority", "own", "suspended"]
lift = [{ list = "customers", over = "authority" }]

[campaigns.unlifted]
block = ["authority", "own"]

[campaigns.consented]
purpose = "survey"
block = ["own"]
require = ["opted"]

[campaigns.cleared]
block = ["own"]
require = ["washed"]

[campaigns.bought]
block = ["own"]
require = ["leads"]

[campaigns.old]
block = ["old", "own"]
"""


def lay_out(daemon: Daemon, folder: Path) -> None:
    """Put the policy in force."""
    path = folder / "policy.toml"
    path.write_text(POLICY, encoding="utf-8")
    assert run(daemon, "apply", "-f", path).code == 0


def soon(seconds: float, hours_ahead: int = 9) -> str:
    """Return an instant near now as it is written, with an offset."""
    offset = timedelta(hours=hours_ahead)
    at = datetime.now(UTC) + timedelta(seconds=seconds) + offset
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f") + f"+{hours_ahead:02}:00"


def days_there(days: int, hours_ahead: float) -> str:
    """Return the day that it is, or will be, where clocks are so far ahead of UTC."""
    at = datetime.now(UTC) + timedelta(hours=hours_ahead, days=days)
    return at.strftime("%Y-%m-%d")
