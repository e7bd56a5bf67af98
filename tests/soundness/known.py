"""Made-up notebooks whose flows are known to differ: bugs to mend. One that is mended is taken out."""

from __future__ import annotations

KNOWN = frozenset(
    {
        10701,
        10839,
        10929,
        11097,
        11236,
        11728,
        11807,
        11977,
        12030,
        12327,
        12766,
        12796,
        12867,
        12886,
        13159,
        14121,
        14340,
        14415,
        14562,
        14588,
        14726,
    }
)
