"""A table artifact of the batch's flow run that shows how its sets stand."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from nb_to_flow.ir.batch_result import SetRow

MOST_ROWS = 500
_LONGEST = 300


class TableArtifact:
    """One artifact, created once and then kept current, so that no version piles up for each look."""

    def __init__(self, flow: str, flow_run: str) -> None:
        self._key = re.sub(r"[^a-z0-9]+", "-", f"batch-{flow}".lower()).strip("-")
        self._flow_run = UUID(flow_run)
        self._id: UUID | None = None
        self._shown = ""

    def show(self, sets: Sequence[SetRow], counts: Mapping[str, int]) -> None:
        """Publish the sets as they stand. Raises what Prefect's client raises."""
        from prefect.client.orchestration import get_client
        from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate

        data, description = artifact_data(sets), artifact_description(counts)
        if data + description == self._shown:
            return
        with get_client(sync_client=True) as client:
            if self._id is None:
                artifact = ArtifactCreate(
                    key=self._key,
                    type="table",
                    data=data,
                    description=description,
                    flow_run_id=self._flow_run,
                )
                self._id = client.create_artifact(artifact).id
            else:
                client.update_artifact(self._id, ArtifactUpdate(data=data, description=description))
        self._shown = data + description


def artifact_data(sets: Sequence[SetRow]) -> str:
    """Rows of the table, as Prefect keeps them: those that failed first, then by number, so many as show well."""
    order = sorted(sets, key=lambda row: (not row.error, row.number))[:MOST_ROWS]
    return json.dumps([_row(row) for row in order])


def artifact_description(counts: Mapping[str, int]) -> str:
    """How many sets stand how, in words."""
    total = sum(counts.values())
    listed = ", ".join(f"{count:,} {state}" for state, count in sorted(counts.items()))
    more = f" The table shows {MOST_ROWS}; results.csv has them all." if total > MOST_ROWS else ""
    return f"{total:,} parameter sets: {listed}.{more}"


def _row(row: SetRow) -> dict[str, Any]:
    cells: dict[str, Any] = {"set": row.number, "state": row.state}
    cells.update({name: _cell(value) for name, value in row.parameters.items()})
    for name, output in row.outputs.items():
        cells[name if name not in cells else f"result {name}"] = _cell(output.path or output.value)
    cells["seconds"] = round(row.seconds, 3)
    cells["error"] = row.error[:_LONGEST]
    return cells


def _cell(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)[:_LONGEST]
