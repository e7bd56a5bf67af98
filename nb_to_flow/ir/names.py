"""Safe names for flows: what a notebook's file name becomes."""

from __future__ import annotations

import builtins
import keyword
import re
import sys
import unicodedata
from pathlib import PurePath

MAX_LENGTH = 60

# Standard modules that some supported Python has and another has not: names must not depend on the version.
_OTHER_STDLIB = (
    "aifc annotationlib asynchat asyncore audioop binhex cgi cgitb chunk compression crypt distutils formatter"
    " imghdr imp lib2to3 mailcap msilib nis nntplib ossaudiodev parser pathlib pipes pydoc_data smtpd sndhdr"
    " spwd sunau symbol telnetlib tomllib uu xdrlib"
)

# A module of one of these names beside a flow would be imported instead of the library, by the flow or by
# another library.
_LIBRARIES = (
    "altair anyio attr attrs bokeh boto3 bs4 catboost click cv2 cycler dash dask distributed django docker"
    " dotenv duckdb fastapi flask fsspec gensim geopandas httpx imblearn ipykernel ipython ipywidgets jax"
    " jinja2 joblib jsonschema jupyter keras lightgbm lxml markdown matplotlib mlflow nbformat networkx nltk"
    " numba numexpr numpy openpyxl packaging pandas papermill patsy pendulum pil pip pkg_resources plotly"
    " polars prefect prophet psutil psycopg2 pyarrow pydantic pygments pylab pymc pyparsing pyspark pytest"
    " pytz ray redis regex requests rich ruff scipy seaborn setuptools shap six skimage sklearn sparse"
    " sqlalchemy starlette statsmodels streamlit sympy tables tabulate tensorflow toml torch torchvision"
    " tornado toolz tqdm transformers typer typing_extensions ujson urllib3 uvicorn wandb websockets"
    " wordcloud xarray xgboost xlrd xlsxwriter yaml zmq"
)

_RESERVED = (
    frozenset(keyword.kwlist)
    | frozenset(keyword.softkwlist)
    | frozenset(dir(builtins))
    | frozenset(sys.stdlib_module_names)
    | frozenset(_OTHER_STDLIB.split())
    | frozenset(_LIBRARIES.split())
    | {"flow", "task", "flows", "tasks", "nb_to_flow", "conftest", "display", "get_ipython"}
)


def is_flow_name(name: str) -> bool:
    """True if `name` may name a flow: an ASCII identifier, not too long, that shadows nothing."""
    plain = name.isascii() and name.isidentifier() and len(name) <= MAX_LENGTH
    return plain and not name.startswith("__") and name.lower() not in _RESERVED


def flow_name(path: str, taken: frozenset[str] = frozenset()) -> str:
    """A name for the flow (function and module) of the notebook at `path`.

    Any path gives a lower-case ASCII identifier that is no keyword, builtin, standard module or well-known
    library, and none of `taken`, the names the notebook itself uses. `TrainTestSplit` gives `train_test_split`,
    but `NumPy` and `KMeans` are one word.
    """
    stem = PurePath(path.replace("\\", "/")).stem
    ascii_stem = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    words = re.sub(r"(?<=[a-z]{2})(?=[A-Z][a-z]{2})", "_", ascii_stem)
    name = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")[:MAX_LENGTH].rstrip("_")
    if not name:
        name = "notebook"
    if name[0].isdigit():
        name = f"flow_{name}"[:MAX_LENGTH].rstrip("_")
    return _untaken(name, taken)


def _untaken(name: str, taken: frozenset[str]) -> str:
    """`name`, or the first of `name_flow`, `name_flow_2`, ... that is free."""
    if name not in _RESERVED and name not in taken:
        return name
    base = name if name.endswith("_flow") else f"{name[: MAX_LENGTH - 5]}_flow"
    candidate, number = base, 2
    while candidate in _RESERVED or candidate in taken:
        candidate = f"{base[: MAX_LENGTH - 4]}_{number}"
        number += 1
    return candidate
