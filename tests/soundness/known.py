"""Made-up notebooks whose flows are known to differ: bugs to mend. One that is mended is taken out."""

from __future__ import annotations

KNOWN: frozenset[int] = frozenset({14804})
