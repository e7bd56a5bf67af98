"""The knowledge tables say what the libraries do: every entry that can be called is called and watched."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("pandas")
pytest.importorskip("sklearn")
sys.path.insert(0, str(Path(__file__).parent))

from knowledge_checker import Case, Uncallable, cases, check
from knowledge_samples import NOT_CALLED

from nb_to_flow.facts.knowledge.lookup import load_knowledge


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Collecting takes seconds (it imports the libraries and makes samples): only when it is asked for."""
    wanted = "not slow" not in metafunc.config.option.markexpr
    found = list(cases(load_knowledge())) if wanted else []
    metafunc.parametrize("case", found, ids=lambda case: case.name)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_entry(case: Case) -> None:
    try:
        problems = check(case)
    except Uncallable as reason:
        if case.name not in NOT_CALLED:
            pytest.skip(str(reason))
        return
    assert not problems
