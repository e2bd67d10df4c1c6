"""Each import contract breaks, and alone, when what it forbids is planted in a copy of the tree."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOTS = (
    "proto/dncd",
    "server/dncd_engine",
    "server/dncd_files",
    "server/dncd_server",
    "client/dncd_client",
)
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
}
PLANTS = {
    "rooms": ("server/dncd_server/settings.py", "import dncd_client.verdict"),
    "pure-engine": ("server/dncd_engine/token.py", "import logging"),
    "files-offline": ("server/dncd_files/table.py", "import socket"),
    "client-base": ("client/dncd_client/wire.py", "import numpy"),
    "sql-in-ledger": ("server/dncd_server/replica.py", "import sqlalchemy"),
    "grpc-in-api": ("server/dncd_server/replica.py", "import grpc"),
}
"""By contract, a file and the line that breaks it."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source roots with the contracts."""
    copy = tmp_path_factory.mktemp("tree")
    for root in ROOTS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / root, copy / root, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def linted(tree: Path) -> tuple[int, set[str]]:
    """Return the exit code and the ids of the contracts that are broken."""
    paths = os.pathsep.join(str(tree / root) for root in ("proto", "server", "client"))
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--cache-dir", str(tree / ".cache")],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": paths, "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    told = " ".join(done.stdout.split())
    kept, broken = (
        {id for id, name in CONTRACTS.items() if f"{name} {word}" in told}
        for word in ("KEPT", "BROKEN")
    )
    assert kept | broken == CONTRACTS.keys(), done.stdout + done.stderr
    counts = re.search(r"Contracts: (\d+) kept, (\d+) broken", told)
    assert counts is not None
    assert (len(kept), len(broken)) == tuple(map(int, counts.groups()))
    return done.returncode, broken


def test_the_tree_keeps_every_contract(tree: Path) -> None:
    assert linted(tree) == (0, set())


@pytest.mark.parametrize("contract", PLANTS)
def test_a_contract_breaks_where_it_should(contract: str, tree: Path) -> None:
    name, line = PLANTS[contract]
    path = tree / name
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        assert linted(tree) == (1, {contract})
    finally:
        path.write_text(before, encoding="utf-8")


def test_every_contract_is_tried() -> None:
    assert PLANTS.keys() == CONTRACTS.keys()


def test_every_module_of_the_server_is_under_the_contracts_that_bind_rooms() -> None:
    """A new file beside the rooms is named in the contract, or here with the reason why it is free."""
    free = {
        "sql-in-ledger": {"ledger", "cli", "node", "run", "__main__"},
        "grpc-in-api": {
            "api",
            "cli",
            "node",
            "run",
            "__main__",
            "addresses",
            "settings",
            "http",
            "logs",
        },
    }
    modules = {
        path.stem
        for path in (ROOT / "server/dncd_server").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").is_file()) and path.stem != "__init__"
    }
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for contract in contracts["tool"]["importlinter"]["contracts"]:
        if contract["id"] in free:
            bound = {name.removeprefix("dncd_server.") for name in contract["source_modules"]}
            assert modules - bound - free[contract["id"]] == set()
