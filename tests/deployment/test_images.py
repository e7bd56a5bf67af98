"""Docker and Kubernetes pools: checked against Prefect's own schemas; no engine runs."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import prefect
import pytest
from prefect.utilities.importtools import import_object
from prefect.utilities.templating import apply_values

from nb_to_flow.deployment import image_files, image_step, is_ours, requirements_of
from nb_to_flow.ir.errors import InputError
from tests.deployment.samples import change, entry, source, written

TEMPLATES = (
    Path(prefect.__file__).parent / "server" / "api" / "collections_data" / "views"
) / "aggregate-worker-metadata.json"


def job_template(kind: str) -> dict[str, Any]:
    """Prefect's base job template for a type of pool."""
    collections = json.loads(TEMPLATES.read_text("utf-8"))
    [found] = [w for each in collections.values() for w in each.values() if w["type"] == kind]
    template: dict[str, Any] = found["default_base_job_configuration"]
    return template


def steps(found: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """All steps of an entry, with their inputs."""
    sections = [found.get(section) or [] for section in ("build", "push", "pull")]
    return [item for section in sections for step in section for item in step.items()]


@pytest.mark.parametrize("kind", ["process", "docker", "kubernetes"])
@pytest.mark.parametrize("folder", [".", "notebooks"])
def test_steps_and_job_variables_are_prefects(kind: str, folder: str) -> None:
    image = {} if kind == "process" else {"image": "registry.example.com:5000/team/report"}
    found = entry(written("", change(source(folder=folder), pool_type=kind, **image)))

    for name, inputs in steps(found):
        reserved = {"id", "requires"}
        given = {key: value for key, value in inputs.items() if key not in reserved}
        inspect.signature(import_object(name)).bind(**given)
    known = job_template(kind)["variables"]["properties"]
    for name, value in (found["work_pool"].get("job_variables") or {}).items():
        assert name in known
        assert isinstance(value, {"object": dict, "string": str}[known[name]["type"]])


def test_the_image_that_is_built_is_the_one_that_runs() -> None:
    found = entry(written("", change(pool_type="docker", image="registry.example.com/team/report:7")))
    build = image_step(found["build"])
    assert build is not None
    assert (build["image_name"], build["tag"]) == ("registry.example.com/team/report", "7")
    outputs = {"image": {"image": "r/report:7", "image_name": "r/report", "tag": "7"}}
    assert apply_values(found["work_pool"]["job_variables"], outputs) == {"image": "r/report:7"}
    [[_, push]] = [item for item in steps(found) if "push_docker_image" in item[0]]
    assert apply_values(push, outputs)["image_name"] == "r/report"
    assert apply_values(push, outputs)["tag"] == "7"


def test_without_a_registry_nothing_is_pushed() -> None:
    assert "push" not in entry(written("", change(image="report")))


def test_the_tag_follows_the_version_unless_it_was_chosen() -> None:
    newer = source(version="fffffffffff0")
    text = written("", change(image="r/report"), change(newer))
    assert image_step(entry(text)["build"])["tag"] == "fffffffffff0"
    text = written("", change(image="r/report:stable"), change(newer))
    assert image_step(entry(text)["build"])["tag"] == "stable"


def test_from_a_process_pool_to_images_and_back() -> None:
    text = written("", change())
    there = entry(written(text, change(pool="d", pool_type="docker")))
    assert there["work_pool"]["job_variables"]["image"] == "{{ image.image }}"
    assert image_step(there["build"])["image_name"] == "report"
    back = entry(written(written(text, change(pool_type="docker")), change(pool_type="process")))
    assert back == entry(text)


def test_the_dockerfile_holds_what_the_flow_needs() -> None:
    dockerfile, requirements = image_files(source(), "deployments/report.Dockerfile", ["pandas==2.2.0"])
    lines = dockerfile.text.splitlines()
    assert lines[1].startswith(f"FROM prefecthq/prefect:{prefect.__version__}-python3.")
    assert "COPY flows/report.py flows/report.py" in lines
    assert "COPY notebooks notebooks" in lines
    assert f"RUN pip install --no-cache-dir -r {requirements.path}" in lines
    assert requirements.path == "deployments/report.requirements.txt"
    assert requirements.text.endswith("\npandas==2.2.0\n")
    assert is_ours(dockerfile.text) and is_ours(requirements.text)
    assert not is_ours(dockerfile.text + "RUN echo mine\n")
    assert not is_ours("FROM scratch\n")


def test_an_image_cant_hold_what_lies_outside() -> None:
    with pytest.raises(InputError, match="isn't in the project's folder"):
        image_files(source(folder="../notebooks"), "report.Dockerfile", [])


def test_requirements_are_the_imports_pinned(tmp_path: Path) -> None:
    flow = tmp_path / "flow.py"
    flow.write_text(
        "import os\nimport pandas as pd\nimport helper\nimport nowhere_to_be_found\npd.read_excel('x')\n"
    )
    (tmp_path / "helper.py").write_text("from sklearn.svm import SVC\nimport flow\nfrom . import nothing\n")
    found = requirements_of(flow, [tmp_path])
    names = [pin.partition("==")[0].lower() for pin in found.pins]
    assert {"pandas", "prefect", "scikit-learn"} <= set(names)
    assert all(pin.partition("==")[2] for pin in found.pins)
    assert not {"os", "helper", "flow"} & set(names)
    assert found.unknown == ("nowhere_to_be_found",)
