"""Entries of prefect.yaml: what is written, and what of a present file stays as it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from prefect.cli.deploy._models import PrefectYamlModel

from nb_to_flow.deployment import EntryFile
from nb_to_flow.ir.errors import InputError
from tests.deployment.samples import FILE, change, entry, source, written

HAND_WRITTEN = """\
# our deployments
name: sales
prefect-version: 3.4.0   # at least

definitions:
  env: &env {REGION: "EU", WHEN: yes}

deployments:
  # nightly, ask Ada first
  - name: nightly
    entrypoint: jobs/old.py:old   # will go away
    parameters: {day: "monday", n: 010}
    work_pool:
      name: batch
      job_variables:
        env: *env
  - name: report
    entrypoint: flows.report:report
    version: "1"
    description: written by hand
    tags: [finance]
    schedules:
      - cron: "0 6 * * *"  # before work
        slug: daily
        parameters: {short: true}
    work_pool:
      name: big
      job_variables:
        env: {OMP_NUM_THREADS: "4"}   # fewer cores than it thinks
    pull:
      - prefect.deployments.steps.git_clone:
          repository: https://example.com/x.git
  # the last one
  - name: other
    entrypoint: jobs/other.py:other
"""


def test_a_new_file_is_what_prefect_reads() -> None:
    text = written("", change(cron="0 6 * * 1", timezone="Europe/Berlin", tags=("a", "b"), concurrency=2))
    PrefectYamlModel.model_validate(yaml.safe_load(text))

    found = entry(text)
    assert found["name"] == "report"
    assert found["entrypoint"] == "flows.report:report"
    assert found["version"] == "0123456789ab"
    assert found["description"] == "What the notebook says."
    assert found["enforce_parameter_schema"] is True
    assert found["schedules"] == [{"cron": "0 6 * * 1", "timezone": "Europe/Berlin"}]
    assert found["tags"] == ["a", "b"]
    assert found["concurrency_limit"] == 2
    assert found["work_pool"]["name"] == "local"
    assert f"--prefect-file {FILE}" in text


def test_runs_take_place_in_the_notebooks_folder_wherever_the_project_lies() -> None:
    found = entry(written("", change()))
    step = "prefect.deployments.steps.set_working_directory"
    assert found["build"] == [{step: {"id": "project", "directory": "."}}]
    assert found["pull"] == [{step: {"directory": "{{ project.directory }}/notebooks"}}]
    assert found["work_pool"]["job_variables"]["env"]["PYTHONPATH"] == "{{ project.directory }}"


def test_in_the_projects_own_folder_a_path_is_enough() -> None:
    found = entry(written("", change(source(folder="."))))
    assert found["entrypoint"] == "flows/report.py:report"
    assert "job_variables" not in found["work_pool"]


def test_a_path_that_cant_be_imported_is_refused() -> None:
    with pytest.raises(InputError, match="no name of a package"):
        written("", change(source("my-report")))


@pytest.mark.parametrize(
    "options",
    [{}, {"cron": "0 6 * * 1"}, {"tags": ("x",)}, {"image": "r/x:1"}, {"paused": True}],
    ids=["plain", "cron", "tag", "image", "paused"],
)
def test_the_same_call_twice_changes_no_byte(options: dict[str, Any]) -> None:
    for start in ("", HAND_WRITTEN):
        once = written(start, change(**options))
        assert written(once, change(**options)) == once


def test_a_call_that_changes_nothing_keeps_every_byte() -> None:
    odd = HAND_WRITTEN.replace('version: "1"', "version:    '0123456789ab'").replace("{day:", "{ day:")
    odd = odd.replace("    description:", "    enforce_parameter_schema:   true\n    description:")
    assert written(odd, change()) == odd


def test_an_update_changes_only_what_is_given() -> None:
    text = written(HAND_WRITTEN, change(cron="30 5 * * *", tags=("new",), parameters={"year": 2024}))
    before, after = yaml.safe_load(HAND_WRITTEN), yaml.safe_load(text)
    mine = after["deployments"].pop(1)
    old = before["deployments"].pop(1)

    assert after == before
    assert mine.pop("schedules") == [{"cron": "30 5 * * *", "slug": "daily", "parameters": {"short": True}}]
    assert mine.pop("tags") == ["finance", "new"]
    assert mine.pop("parameters") == {"year": 2024}
    assert mine.pop("version") == "0123456789ab"
    assert mine.pop("enforce_parameter_schema") is True
    assert mine == {k: v for k, v in old.items() if k in mine}


def test_comments_and_the_way_things_are_written_stay() -> None:
    text = written(HAND_WRITTEN, change(pool="huge", tags=("new",)))
    kept = [line for line in HAND_WRITTEN.splitlines() if "name: big" not in line and "version" not in line]
    lines = text.splitlines()
    for line in kept:
        assert line in lines or "tags" in line or line.strip() == "", line


def test_pull_steps_of_the_whole_file_are_used() -> None:
    start = "pull:\n- prefect.deployments.steps.git_clone:\n    repository: https://example.com/x.git\n"
    found = entry(written(start, change()))
    assert "pull" not in found and "build" not in found


@pytest.mark.parametrize(
    "name",
    ["flows/report.py:report", "./flows/report.py:report", "flows.report:report", "flows.report.report"],
)
def test_an_entry_is_found_however_it_names_the_flow(name: str) -> None:
    start = f"deployments:\n- name: prod\n  entrypoint: {name}\n  work_pool: {{name: p}}\n"
    text = written(start, change())
    assert len(yaml.safe_load(text)["deployments"]) == 1
    assert entry(text)["name"] == "prod"
    assert entry(text)["entrypoint"] == name


def test_a_second_deployment_of_a_flow_goes_by_its_name() -> None:
    text = written("", change(), change(name="yearly", interval="52w"))
    assert [e["name"] for e in yaml.safe_load(text)["deployments"]] == ["report", "yearly"]
    with pytest.raises(InputError, match=r"several deployments of flows/report.py: report, yearly"):
        written(text, change())
    assert entry(written(text, change(name="yearly", pool="x")), 1)["work_pool"]["name"] == "x"


def test_schedules_replace_each_other() -> None:
    text = written("", change(cron="0 6 * * 1", timezone="Asia/Tokyo"), change(interval="1h30m"))
    assert entry(text)["schedules"] == [{"interval": 5400, "timezone": "Asia/Tokyo"}]
    text = written(text, change(rrule="FREQ=MONTHLY;BYDAY=1MO"))
    assert entry(text)["schedules"] == [{"timezone": "Asia/Tokyo", "rrule": "FREQ=MONTHLY;BYDAY=1MO"}]
    assert "schedules" not in entry(written(text, change(no_schedule=True)))


def test_paused_and_back() -> None:
    text = written("", change(paused=True))
    assert entry(text)["paused"] is True
    assert "paused" not in entry(written(text, change(paused=False)))


def test_a_concurrency_limit_keeps_its_strategy() -> None:
    start = written("", change())
    start = start.replace(
        "work_pool:", "concurrency_limit: {limit: 1, collision_strategy: ENQUEUE}\n  work_pool:"
    )
    assert entry(written(start, change(concurrency=3)))["concurrency_limit"] == {
        "limit": 3,
        "collision_strategy": "ENQUEUE",
    }


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("15m", 900), ("1h30m", 5400), ("1.5h", 5400), ("2d", 172800), ("PT1H", 3600)],
)
def test_intervals(text: str, seconds: int) -> None:
    found = entry(written("", change(interval=text)))["schedules"][0]["interval"]
    assert found == seconds
    assert timedelta(seconds=found)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cron": "0 25 * * *"}, "--cron '0 25 \\* \\* \\*' is no schedule"),
        ({"cron": ""}, "is no schedule"),
        ({"cron": "@reboot"}, "is no schedule"),
        ({"interval": "soon"}, "is no time"),
        ({"interval": "0"}, "more than nothing"),
        ({"interval": "-5m"}, "is no time|more than nothing"),
        ({"interval": "99999999999999d"}, "is no time"),
        ({"rrule": "FREQ=NEVER"}, "--rrule 'FREQ=NEVER' is no schedule"),
        ({"cron": "0 6 * * *", "interval": "1h"}, "one schedule at a time: --cron and --interval"),
        ({"cron": "0 6 * * *", "no_schedule": True}, "one schedule at a time"),
        ({"cron": "0 6 * * *", "timezone": "Berlin"}, "'Berlin' is no time zone"),
        ({"timezone": "Europe/Berlin"}, "--timezone goes with a schedule"),
        ({"name": "a/b"}, "can't be a name"),
        ({"name": " "}, "can't be a name"),
        ({"pool": "a%b"}, "can't be a name"),
        ({"image": "Not An Image"}, "can't name an image"),
        ({"image": "x", "pool_type": "process"}, "a process pool runs no images"),
        ({"concurrency": 0}, "1 or more"),
        ({"crash_after": 10}, "60 or more"),
        ({"pool_type": "ecs"}, "no type of pool"),
        ({"parameters": {"text": "Dear {{ name }}"}}, "double braces"),
        ({"parameters": {"text": {"a": ["{{b}}"]}}}, "double braces"),
    ],
)
def test_what_cant_be_done_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        written("", change(**options))


def test_templates_that_prefect_fills_are_allowed() -> None:
    value = "{{ prefect.variables.region }}"
    assert entry(written("", change(parameters={"region": value})))["parameters"]["region"] == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("deployments: [", r"prefect.yaml, line \d"),
        ("deployments:\n- name: a\n- name: b\n  name: c\n", r"line 4.*duplicate"),
        ("- a\n- b\n", "holds no mapping"),
        ("deployments: 3\n", "no list of entries"),
        ("deployments:\n- just text\n", "no list of entries"),
        ("a: b\n\tc: d\n", "line 2"),
    ],
)
def test_broken_files_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        EntryFile(FILE, text)


@pytest.mark.parametrize(
    "text", ["", "\n", "# nothing yet\n", "deployments:\n", "deployments: []\n", "---\n"]
)
def test_empty_files_are_begun(text: str) -> None:
    assert entry(written(text, change()))["name"] == "report"


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text().filter(lambda text: "{{" not in text)
    | st.sampled_from(
        ["yes", "010", "12:30", "1_000", "2024-01-01", "null", "~", "=", "0x1F", "- a", "a: b"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(value=values)
def test_any_value_is_read_back_the_same(value: Any) -> None:
    if value is None:
        return
    text = written("", change(parameters={"value": value}))
    found = entry(text)["parameters"]["value"]
    assert found == value and type(found) is type(value)
    assert written(text, change(parameters={"value": value})) == text
