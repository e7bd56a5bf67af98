"""Changes to deploy in tests."""

from __future__ import annotations

from typing import Any

import yaml

from nb_to_flow.deployment import Change, DeployOptions, EntryFile, FlowSource

FILE = "deployments/prefect.yaml"


def source(name: str = "report", *, folder: str = "notebooks", version: str = "0123456789ab") -> FlowSource:
    """A flow in flows/ whose notebook lies in `folder`."""
    return FlowSource(
        file=f"flows/{name}.py",
        function=name,
        name=name.replace("_", "-"),
        description="What the notebook says.",
        version=version,
        folder=folder,
    )


def change(flow: FlowSource | None = None, *, parameters: Any = None, **options: Any) -> Change:
    """A change of the flow's deployment."""
    flow = flow or source()
    return Change(
        source=flow,
        options=DeployOptions(**options),
        parameters=parameters or {},
        dockerfile=f"deployments/{flow.function}.Dockerfile",
    )


def written(text: str, *changes: Change) -> str:
    """The file's text after these changes, which are made one by one."""
    for each in changes:
        entries = EntryFile(FILE, text)
        entries.apply(each)
        text = entries.text
    return text


def entry(text: str, number: int = 0) -> dict[str, Any]:
    """An entry as Prefect reads it."""
    found: dict[str, Any] = yaml.safe_load(text)["deployments"][number]
    return found
