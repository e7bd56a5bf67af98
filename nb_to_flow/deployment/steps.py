"""The build, push and pull steps of an entry, and where its runs find code and data.

A notebook's relative paths start in its folder, so that is where the flow must run, whatever folder the
worker was started in. Nothing of this machine is written down: the first build step of a process
deployment notes, when it is registered, where the project lies; in an image that is fixed.
"""

from __future__ import annotations

import posixpath
from typing import Any

from nb_to_flow.deployment.model import FlowSource, split_image

SET_FOLDER = "prefect.deployments.steps.set_working_directory"
BUILD_IMAGE = "prefect_docker.deployments.steps.build_docker_image"
PUSH_IMAGE = "prefect_docker.deployments.steps.push_docker_image"
IMAGE_PROJECT = "/opt/project"  # where the project lies in an image
_PROJECT = "{{ project.directory }}"
_REQUIRES = "prefect-docker>=0.6"


def process_steps(source: FlowSource) -> dict[str, Any]:
    """Steps for a pool whose workers see the project's folder."""
    return {
        "build": [{SET_FOLDER: {"id": "project", "directory": "."}}],
        "pull": [{SET_FOLDER: {"directory": _inside(_PROJECT, source.folder)}}],
    }


def process_variables(source: FlowSource) -> dict[str, Any]:
    """Job variables for such a pool."""
    return {"env": {"PYTHONPATH": _PROJECT}} if source.by_module else {}


def image_steps(source: FlowSource, image: str, dockerfile: str) -> dict[str, Any]:
    """Steps for a pool whose workers start containers; pushed if the name says where to."""
    name, tag = split_image(image)
    build = {
        "id": "image",
        "requires": _REQUIRES,
        "image_name": name,
        "tag": tag or source.version,
        "dockerfile": dockerfile,
    }
    push = {"requires": _REQUIRES, "image_name": "{{ image.image_name }}", "tag": "{{ image.tag }}"}
    return {
        "build": [{BUILD_IMAGE: build}],
        "push": [{PUSH_IMAGE: push}] if "/" in name else None,
        "pull": [{SET_FOLDER: {"directory": _inside(IMAGE_PROJECT, source.folder)}}],
    }


def image_variables() -> dict[str, Any]:
    """Job variables for such a pool."""
    return {"image": "{{ image.image }}"}


def image_step(build: Any) -> dict[str, Any] | None:
    """The inputs of the step that builds an image; None if there is none."""
    for step in build if isinstance(build, list) else []:
        if isinstance(step, dict) and isinstance(step.get(BUILD_IMAGE), dict):
            inputs: dict[str, Any] = step[BUILD_IMAGE]
            return inputs
    return None


def _inside(project: str, folder: str) -> str:
    return project if folder == "." else posixpath.join(project, folder)
