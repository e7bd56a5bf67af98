"""What names conventionally mean, where no table knows better."""

from __future__ import annotations

import re

# whose methods a value of unknown type has, if it has a method that only these have
LIKELY_TYPES = (
    "pandas.DataFrame",
    "pandas.Series",
    "numpy.ndarray",
    "matplotlib.axes.Axes",
    "matplotlib.figure.Figure",
)
READING = re.compile(
    r"(predict|score|plot|summar|to_|as_|get|is_|has_|find|count|describe|show|display|render|draw|evaluate|compute|"
    r"transform$|inverse_transform|sample$|mean|median|std|var$|sum|min|max|head|tail|info|print|repr|copy|clone|query|"
    r"search|select|filter|lookup|list|items|keys|values|exists|name|shape|len|format|export|save|write|dump|report|"
    r"test|conf_int|forecast|simulate|resid|cov_|corr|pdf|cdf|pmf|ppf|rvs|_repr|__|"
    r"(r?split|splitlines|[lr]?strip|lower|upper|title|capitalize|casefold|startswith|endswith|encode|decode|zfill|"
    r"isdigit|isalpha|isalnum|isnumeric|isupper|islower)$)",
)
DRAWING = re.compile(
    r"(^|_)(rvs|rand|random|randomi[sz]e|sample|samples|sampling|simulate|shuffle|permute|permutation|bootstrap|resample"
    r"|noise|monte_carlo|mcmc|jitter)(_|\Z)|fit(_transform|_predict|_resample)?\Z"
)
PLOTTING = re.compile(r"plot(_|\Z)|\w*plot\Z|hist\Z")
PLOTTERS = frozenset({"matplotlib", "seaborn", "pylab"})
SEEDS = frozenset({"generator", "random_seed", "random_state", "rng", "seed"})
SETTING_UP = re.compile(
    r"(set_(?!.*seed)\w+|extension|defaults|output|options?|go_(on|off)line|(use|enable|disable)_\w+|configure\w*)\Z"
)
HANDLE = re.compile(r"find_|select|locat|query|get_by|frame_|element|child|cursor|session")
WRITING = re.compile(r"(save|write|dump|export|to_|store|download|extract)")
CHAINING = re.compile(r"(fit|set|add|update|with_|train|compile|build|configure|register|append|load)")
FILE_NAME = re.compile(r"(?!\.[^./])[^\s<>|*@]{1,200}\.[A-Za-z][A-Za-z0-9]{0,7}(\.(gz|bz2|zip|xz))?\Z")
URL = re.compile(r"[a-z][a-z0-9+.-]*://")


def reads(method: str) -> bool:
    """True for methods whose name says that they leave their object alone."""
    return READING.match(method.lstrip("_") if not method.startswith("__") else method) is not None


def plots(method: str) -> bool:
    """True for methods whose name says that they draw, on pyplot where the notebook uses that."""
    return PLOTTING.match(method) is not None


def draws(function: str) -> bool:
    """True for functions whose name says that they draw random numbers, if nothing seeds them."""
    return DRAWING.search(function.lower()) is not None


def writes(function: str) -> bool:
    """True for functions whose name says that they write the file they are given."""
    return WRITING.search(function.lower()) is not None


def sets_up(function: str) -> bool:
    """True for functions whose name says that they set their library up."""
    return SETTING_UP.match(function) is not None


def gives_handle(method: str) -> bool:
    """True for methods whose name says that they give a part of the object to act on: an element of a page."""
    return HANDLE.match(method) is not None


def returns_self(method: str) -> bool:
    """True for methods that conventionally return the object itself, for chaining."""
    return CHAINING.match(method) is not None


def looks_like_file(text: str) -> bool:
    """True for strings that name a file: a path with an extension, no URL."""
    return FILE_NAME.match(text) is not None and not URL.match(text)
