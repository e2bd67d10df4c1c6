"""A daemon that has lists and has answered checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.traffic import Daemon, load_lists, make_calls


@pytest.fixture
def busy_daemon(daemon: Daemon, tmp_path: Path) -> Daemon:
    load_lists(daemon, tmp_path)
    make_calls(daemon)
    return daemon
