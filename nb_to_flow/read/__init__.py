"""Reading notebooks: from a file to plain Python statements, without running anything.

`loading` opens the file, `ipynb` parses the format, `assembly` goes through the cells, `lowering` and
`rewriting` turn IPython syntax into plain Python with the handlers in `magics`, `history` resolves `_` and
`Out[n]`, `statements` cuts the result up.
"""

from __future__ import annotations

from nb_to_flow.read.loading import read_notebook, read_text
from nb_to_flow.read.options import ReadOptions

__all__ = ["ReadOptions", "read_notebook", "read_text"]
