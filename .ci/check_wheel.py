"""Check that a built wheel holds what the package needs at run time, and nothing else. Usage: check_wheel.py WHEEL"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "nb_to_flow"


def problems(wheel: Path) -> list[str]:
    """What is missing from the wheel, and what doesn't belong there."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    inside = {name for name in names if ".dist-info/" not in name}
    found = [f"missing: {name}" for name in sorted(wanted - inside)]
    found += [f"unexpected: {name}" for name in sorted(inside - wanted)]
    for part in ("entry_points.txt", "licenses/LICENSE"):
        if not any(name.endswith(f".dist-info/{part}") for name in names):
            found.append(f"missing: {part}")
    return found


if __name__ == "__main__":
    found = problems(Path(sys.argv[1]))
    print("\n".join(found) or "the wheel is complete")
    sys.exit(bool(found))
