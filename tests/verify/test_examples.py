"""The example notebooks and their flows do the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from nb_to_flow import VerifyOptions, VerifySession
from nb_to_flow.ir.verification import Verdict

pytestmark = pytest.mark.slow
FLOWS = Path(__file__).resolve().parents[2] / "flows"
NOTEBOOKS = sorted((FLOWS / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_example(session: VerifySession, notebook: Path) -> None:
    observed = session.observe(notebook)
    for runner in (None, "process"):
        result = session.check(observed, options=VerifyOptions(runner=runner))

        assert result.ok, (runner, result.first, result.differences)
        assert sum(f.verdict is Verdict.SAME for f in result.findings) > 10


def test_the_flow_that_is_checked_in(session: VerifySession) -> None:
    """With all that can be asked for: schedules and failures."""
    name = "survey_weights"
    options = VerifyOptions(schedules=1, retries=True, repeat=1)
    notebook, flow = FLOWS / "notebooks" / f"{name}.ipynb", FLOWS / f"{name}.py"
    result = session.verify(notebook, {"by": "age_group"}, flow=flow, options=options)

    assert result.ok, (result.first, result.differences)
    assert {f.name for f in result.findings} > {"survey", "report", "out/survey_report.md"}
