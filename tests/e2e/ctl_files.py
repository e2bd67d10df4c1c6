"""What dncctl is tried on: a policy in force, a list with a number, and files good and bad."""

from pathlib import Path

from e2e.numbering import yokohama
from harness.daemon import Daemon

NOBODY = "127.0.0.1:1"
"""Where no server listens."""

POLICY = """
purposes = ["sales:fiber", "survey"]

[sources.meibo]
provider = "株式会社名簿"
route = "応募はがき"
basis = "consent"

[lists."acme/optout"]
kind = "do_not_contact"
title = "アクメ 架電禁止"
starts_empty = true

[lists."acme/suspended"]
kind = "suspended_use"
starts_empty = true

[lists.ftc]
kind = "registry"
countries = ["US"]
max_age = "31d"

[campaigns."acme/spring"]
purpose = "sales:fiber"
countries = ["JP", "US"]
block = ["acme/optout", "ftc"]
opt_out = "acme/optout"

[campaigns."acme/own"]
countries = ["JP"]

[campaigns."acme/without"]
except = ["acme/suspended"]

[answers]
LISTED = "こちらには二度とおかけしません"
"""


def lay_out(daemon: Daemon, folder: Path) -> None:
    """Put a policy in force and files beside it."""
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    (folder / "one.txt").write_text(f"{yokohama(1)}\n", encoding="utf-8")
    (folder / "bad.txt").write_text(
        f"{yokohama(2)}\n{yokohama(3)}\n{yokohama(4)}\nx\n", encoding="utf-8"
    )
    (folder / "empty.txt").write_bytes(b"")
    (folder / "broken.toml").write_text("[lists", encoding="utf-8")
    (folder / "misspelt.toml").write_text('[lists.x]\nkind = "do_not_contakt"\n', encoding="utf-8")
    assert daemon.ctl("apply", "-f", str(folder / "policy.toml")).returncode == 0
    assert daemon.load("acme/optout", folder / "one.txt", "--batch-id", "one").code == 0
