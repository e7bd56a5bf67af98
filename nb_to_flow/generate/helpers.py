"""Small functions that a generated module defines when its code calls them.

Their text is what a reader of the flow sees, so it is as short as being right allows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SHOW = '''\
def show(*values: Any, key: str) -> None:
    """Publish values as the notebook displayed them, as artifacts of this task run."""
    for value in values:
        try:
<FIGURE><PICTURE>            kind = type(value)
            names = [n for n in ("_repr_html_", "_repr_markdown_") if hasattr(kind, n)]
            rich = getattr(value, names[0], None) if names else None
            html = rich() if rich else None
            html = re.sub(r"<style.*?</style>", "", html or "", flags=re.DOTALL)
            text = html or f"```\\n{value!r}\\n```"
            if value is not None<DRAWN>:
                create_markdown_artifact(markdown=text[:500_000], key=key)
        except Exception:
            logging.getLogger(__name__).warning("%s: not shown", key, exc_info=True)
'''

# What is added where figures may be among the values.
_FIGURE = """\
            if isinstance(value, plt.Figure):
                publish_figure(value, key)
                continue
"""
# What is added where images may be.
_IMAGE = """\
            if url := picture_url(value):
                create_image_artifact(image_url=url, key=key)
                continue
"""
_DRAWN = ' and "<matplotlib." not in text[:200]'

_SHOW_LOG = '''\
def show(*values: Any) -> None:
    """Print what the notebook displayed."""
    for value in values:
        text = repr(value)
        if value is not None and "<matplotlib." not in text[:200]:
            print(text)
'''

_PUBLISH_FIGURES = '''\
def publish_figures(key: str) -> None:
    """Publish the open figures and close them, as a notebook does at the end of a cell."""
    try:
        for number in plt.get_fignums():
            publish_figure(plt.figure(number), key)
    except Exception:
        logging.getLogger(__name__).warning("%s: not shown", key, exc_info=True)
    finally:
        plt.close("all")
'''

_PUBLISH_FIGURE = '''\
def publish_figure(figure: plt.Figure, key: str) -> None:
    """Publish a figure as an image artifact of this task run."""
    if figure.axes:
        png = io.BytesIO()
        figure.savefig(png, format="png", bbox_inches="tight")
        image = base64.b64encode(png.getvalue()).decode()
        create_image_artifact(image_url=f"data:image/png;base64,{image}", key=key)
'''

_PICTURE_URL = '''\
def picture_url(value: Any) -> str:
    """The picture that a notebook shows for the value, as a URL; "" if it shows none."""
    methods = {"png": "_repr_png_", "jpeg": "_repr_jpeg_", "svg+xml": "_repr_svg_"}
    bundle = value._repr_mimebundle_() if hasattr(type(value), "_repr_mimebundle_") else {}
    bundle = bundle[0] if isinstance(bundle, tuple) else bundle or {}
    for kind, method in methods.items():
        data = bundle.get(f"image/{kind}")
        if data is None and hasattr(type(value), method):
            data = getattr(value, method)()
        if isinstance(data, str) and kind == "svg+xml":
            data = data.encode()
        if data:
            text = base64.b64encode(data).decode() if isinstance(data, bytes) else data
            return f"data:image/{kind};base64,{text}"
    return ""
'''

_PRINT = '''\
def print(*values: Any, file: Any = None, **options: Any) -> None:
    """Print whole lines, as every call of the builtin becomes a log record of its own."""
    if file is not None:
        builtins.print(*values, file=file, **options)
        return
    printed = io.StringIO()
    builtins.print(*values, file=printed, **options)
    thread = threading.get_ident()
    text = OPEN_LINES.pop(thread, "") + printed.getvalue()
    lines, newline, OPEN_LINES[thread] = text.rpartition("\\n")
    if newline:
        builtins.print(lines)
'''

_END_LINE = '''\
def end_line() -> None:
    """Print what is left of a line, as a notebook does at the end of a cell."""
    if rest := OPEN_LINES.pop(threading.get_ident(), ""):
        builtins.print(rest)
'''

_OPEN_LINES = "OPEN_LINES: dict[int, str] = {}  # by thread\n"

_PRINT_INFO = '''\
def print_info(frame: Any, **options: Any) -> None:
    """Print what `frame.info()` would write past the log."""
    text = io.StringIO()
    frame.info(buf=text, **options)
    print(text.getvalue())
'''

_IN_EVENT_LOOP = '''\
def in_event_loop(function: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    """Make an ordinary function of one that awaits: it gets an event loop of its own."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        return asyncio.run(function(*args, **kwargs))

    return run
'''

_ISOLATE_RANDOM = '''\
def isolate_random() -> None:
    """Keep the random numbers that Prefect draws apart from those that are seeded."""
    for module in (client, connection, prefect_math):
        module.random = random.Random()
'''

# In the order in which they stand in a module.
_OWN: Mapping[str, str] = {
    "OPEN_LINES": _OPEN_LINES,
    "print": _PRINT,
    "end_line": _END_LINE,
    "print_info": _PRINT_INFO,
    "in_event_loop": _IN_EVENT_LOOP,
    "isolate_random": _ISOLATE_RANDOM,
    "show": _SHOW,
    "picture_url": _PICTURE_URL,
    "publish_figures": _PUBLISH_FIGURES,
    "publish_figure": _PUBLISH_FIGURE,
}
NAMES = frozenset(_OWN)
_CALLED = ("OPEN_LINES", "picture_url", "publish_figure")  # helpers that others use


def helper_sources(
    used: frozenset[str], *, displays: str, figures: bool, images: bool = False
) -> dict[str, str]:
    """The texts of the helpers in `used` and of those that these call, in the order of a module.

    `displays` says how displays are handled, `figures` whether pyplot's may be among them, `images` whether
    other pictures may.
    """
    sources = {**_OWN, "show": _SHOW_LOG if displays == "log" else _show(figures, images)}
    wanted: set[str] = set()
    stack = [name for name in sources if name in used]
    while stack:
        name = stack.pop()
        if name not in wanted:
            wanted.add(name)
            words = set(re.findall(r"\w+", sources[name]))
            stack += [other for other in _CALLED if other in words]
    return {name: source for name, source in sources.items() if name in wanted}


def _show(figures: bool, images: bool) -> str:
    figure, drawn = (_FIGURE, _DRAWN) if figures else ("", "")
    parts = {"<FIGURE>": figure, "<PICTURE>": _IMAGE if images else "", "<DRAWN>": drawn}
    return re.sub("<[A-Z]+>", lambda marker: parts[marker[0]], _SHOW)
