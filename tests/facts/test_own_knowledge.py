"""A table beside the notebook overrules what is assumed and what the packaged tables say."""

from __future__ import annotations

from pathlib import Path

import pytest

from nb_to_flow.facts import FactsOptions, analyse
from tests.facts.builders import notebook

CELLS = ("import shop\nclient = shop.Client()", "client.refresh()")


def test_an_unknown_method_is_assumed_to_change_its_object(tmp_path: Path) -> None:
    outcome = analyse(notebook(*CELLS), FactsOptions(folder=tmp_path))
    assert outcome.value is not None
    assert outcome.value.statements[-1].changes == {"client"}
    assert [d.code for d in outcome.diagnostics] == ["NB201"]


def test_the_table_overrules_it(tmp_path: Path) -> None:
    table = '[types."shop.Client"]\n[types."shop.Client".methods]\n"refresh" = "None"\n'
    tmp_path.joinpath("nb_to_flow.toml").write_text(table)
    outcome = analyse(notebook(*CELLS), FactsOptions(folder=tmp_path))
    assert outcome.value is not None
    assert outcome.value.statements[-1].changes == frozenset()
    assert not outcome.diagnostics


def test_it_adds_to_a_packaged_type(tmp_path: Path) -> None:
    table = '[types."pandas.DataFrame".methods]\n"describe" = {changes = "self"}\n'
    tmp_path.joinpath("nb_to_flow.toml").write_text(table)
    cells = ("import pandas as pd\ndf = pd.DataFrame()", "df.describe()")
    outcome = analyse(notebook(*cells), FactsOptions(folder=tmp_path))
    assert outcome.value is not None
    assert outcome.value.statements[-1].changes == {"df"}


@pytest.mark.parametrize("table", ["not toml", "[nonsense]", '[functions.shop]\n"f" = {wrong = 1}'])
def test_a_wrong_table_is_an_error(tmp_path: Path, table: str) -> None:
    tmp_path.joinpath("nb_to_flow.toml").write_text(table)
    outcome = analyse(notebook(*CELLS), FactsOptions(folder=tmp_path))
    assert outcome.value is None
    assert [d.code for d in outcome.diagnostics] == ["NB202"]
