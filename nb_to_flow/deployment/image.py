"""The Dockerfile and the pinned requirements of an image that runs a flow."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass

from nb_to_flow.deployment.model import FlowSource
from nb_to_flow.deployment.steps import IMAGE_PROJECT
from nb_to_flow.ir.errors import InputError

_MARK = re.compile(r"# Written by nb-to-flow deploy \(([0-9a-f]{12})\)[^\n]*\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFile:
    """A file that building the image needs; `path` is from the project's folder, with "/"."""

    path: str
    text: str


def image_files(source: FlowSource, dockerfile: str, pins: Sequence[str]) -> tuple[ImageFile, ...]:
    """What the image of a flow is built from. Raises InputError if its folder is not in the project."""
    if source.folder.startswith(".."):
        raise InputError(
            f"an image can't hold {source.folder}: it isn't in the project's folder",
            "Call deploy from a folder that holds both the notebook and the flow.",
        )
    requirements = f"{dockerfile.removesuffix('.Dockerfile')}.requirements.txt"
    return (
        ImageFile(path=dockerfile, text=_marked(_dockerfile(source, requirements))),
        ImageFile(path=requirements, text=_marked("".join(f"{pin}\n" for pin in pins))),
    )


def is_ours(text: str) -> bool:
    """True if the file is as it was written, so that it may be written anew."""
    mark = _MARK.match(text)
    return mark is not None and mark[1] == _digest(text[mark.end() :])


def _dockerfile(source: FlowSource, requirements: str) -> str:
    import prefect

    version = ".".join(platform.python_version_tuple()[:2])
    copies = [f"COPY {source.file} {source.file}", f"COPY {source.folder} {source.folder}"]
    lines = [
        f"FROM prefecthq/prefect:{prefect.__version__.partition('+')[0]}-python{version}",
        f"WORKDIR {IMAGE_PROJECT}",
        f"COPY {requirements} {requirements}",
        f"RUN pip install --no-cache-dir -r {requirements}",
        *(copies if source.by_module else ["COPY . ."]),
        f"ENV PYTHONPATH={IMAGE_PROJECT}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _marked(text: str) -> str:
    return f"# Written by nb-to-flow deploy ({_digest(text)}); edited, it is kept.\n{text}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
