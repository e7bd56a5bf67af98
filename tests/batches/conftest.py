"""A Prefect server for the slow tests of batches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import PrefectServer, start_prefect_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """One with SQLite."""
    found = start_prefect_server(tmp_path_factory.mktemp("prefect"))
    yield found
    found.stop()
