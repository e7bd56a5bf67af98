"""The file beside a generated flow that says where it came from, line by line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nb_to_flow.ir.spans import Span

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """What `flows/<name>.map.json` holds.

    Attributes:
        notebook: path of the notebook from the sidecar's folder, with "/".
        notebook_sha256: digest of the notebook's bytes.
        flow_sha256: digest of the flow's bytes as generated.
        options: the conversion's options that were not the defaults.
        lines: for each line of the flow that came from the notebook, where it came from.
    """

    notebook: str
    notebook_sha256: str
    flow_sha256: str
    options: Mapping[str, Any]
    lines: Mapping[int, Span]

    def to_bytes(self) -> bytes:
        """As stored: JSON, one source line a line."""
        lines = {str(n): [s.cell, s.line, s.end_line] for n, s in sorted(self.lines.items())}
        head = {
            "version": FORMAT,
            "notebook": self.notebook,
            "notebook_sha256": self.notebook_sha256,
            "flow_sha256": self.flow_sha256,
            "options": dict(self.options),
        }
        rows = ",\n".join(f'    "{n}": {json.dumps(span)}' for n, span in lines.items())
        text = json.dumps(head, indent=2)[:-2]
        return f'{text},\n  "lines": {{\n{rows}\n  }}\n}}\n'.encode()


def digest(data: bytes) -> str:
    """How the sidecar names contents."""
    return hashlib.sha256(data).hexdigest()


def is_untouched(flow_file: Path, sidecar: Sidecar) -> bool:
    """True if the flow is as it was generated: then the sidecar's lines are right."""
    return flow_file.is_file() and digest(flow_file.read_bytes()) == sidecar.flow_sha256


def sidecar_path(flow_file: Path) -> Path:
    """Where the sidecar of a flow lies: `flows/x.py` has `flows/x.map.json`."""
    return flow_file.with_name(f"{flow_file.stem}.map.json")


def load_sidecar(flow_file: Path) -> Sidecar | None:
    """The sidecar of a flow; None if there is none, or none that can be understood."""
    try:
        raw = json.loads(sidecar_path(flow_file).read_bytes())
        return Sidecar(
            notebook=str(raw["notebook"]),
            notebook_sha256=str(raw["notebook_sha256"]),
            flow_sha256=str(raw["flow_sha256"]),
            options=dict(raw["options"]),
            lines={int(n): Span(cell=c, line=a, end_line=z) for n, (c, a, z) in raw["lines"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
