"""The kernel that runs a notebook for a verification: ipykernel's, watched from inside.

Runs in the notebook's own Python, 3.7 or later, as `python kernel.py WATCH.json -f CONNECTION`; so it imports
nothing but the standard library, ipykernel and, by its path, the package portrait. The notebook is left as it
is: its cells are watched by events of the shell, so that `In`, `Out` and `_` are what they would be.

WATCH.json: `portrait`, the path of portrait/__init__.py; `records`, a folder to write to; `cells`, a list of
position and source of the cells that will run; `wanted`, by variable the cells after which it is looked at, or
null for all. What is seen is written to `records`: a line of snapshots.jsonl for each cell, and final.json.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import sys
from typing import Any

# Bytes that the portrait of a variable after a cell may hold; larger ones are hashed.
SNAPSHOT_ROOM = 4 * 2**20
# The kinds of text that a display may have, the richest first, and how much of one is kept.
TEXTS = ("text/html", "text/markdown", "text/latex", "text/plain")
LONGEST = 1_000_000
NOTHING = object()  # where it isn't known which value is displayed


class Watch:
    """Looks at a shell's variables, figures, displays and files after each cell."""

    def __init__(self, shell: Any, config: dict[str, Any]) -> None:
        self._shell = shell
        self._portrait = _load(config["portrait"])
        self._records = config["records"]
        self._coming = [(int(index), str(source)) for index, source in config["cells"]]
        self._wanted: dict[str, list[int] | None] = config["wanted"]
        self._last = self._coming[-1][0] if self._coming else None
        self._cell: int | None = None
        self._source = ""
        self._marks: dict[str, str] = {}
        self._figures: list[list[Any]] = []
        self._displays: list[dict[str, Any]] = []
        self._writers: dict[str, list[int]] = {}

    def start_cell(self, info: Any) -> None:
        """A cell is about to run: find out which; what runs cells of its own changes nothing."""
        for position, (index, source) in enumerate(self._coming):
            if source == info.raw_cell:
                self._cell, self._source = index, source
                del self._coming[: position + 1]
                return

    def end_cell(self, result: Any) -> None:
        """A cell has run: write down what is wanted of its variables; after the last one, of all."""
        if self._cell is None or result.info.raw_cell != self._source:
            return
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            self._snapshot(self._cell)
            if self._cell == self._last:
                self._final()
                self._cell = None

    def _snapshot(self, cell: int) -> None:
        namespace = self._shell.user_ns
        names = [n for n, cells in self._wanted.items() if n in namespace and self._is_due(n, cells)]
        values = {name: self._portrait.portray(namespace[name], room=SNAPSHOT_ROOM) for name in names}
        path = os.path.join(self._records, "snapshots.jsonl")
        with open(path, "a", encoding="utf-8") as stream:
            stream.write(json.dumps({"cell": cell, "values": values}) + "\n")

    def _is_due(self, name: str, cells: list[int] | None) -> bool:
        """True if the cell is one after which the variable is wanted; if that's all cells, if it changed it."""
        if cells is not None:
            return self._cell in cells
        before = self._marks.get(name)
        self._marks[name] = self._portrait.quick(self._shell.user_ns[name])
        return self._marks[name] != before

    def _final(self) -> None:
        hidden = self._shell.user_ns_hidden
        own = {k: v for k, v in self._shell.user_ns.items() if hidden.get(k, self) is not v}
        seen = {
            "variables": self._portrait.portray_all(own),
            "figures": self._figures,
            "displays": self._displays,
            "writers": self._writers,
            "versions": versions(),
        }
        path = os.path.join(self._records, "final.json")
        with open(path + ".part", "w", encoding="utf-8") as stream:
            json.dump(seen, stream)
        os.replace(path + ".part", path)

    def heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit event: note which cell opens a file to write."""
        if self._cell is None:
            return
        path = written_path(event, arguments)
        if path is not None:
            cells = self._writers.setdefault(path, [])
            if self._cell not in cells:
                cells.append(self._cell)

    def shown(self, figure: Any, kind: str) -> None:
        """A figure is displayed: keep it as a generated flow would publish it."""
        picture = io.BytesIO()
        try:
            figure.savefig(picture, format="png", bbox_inches="tight")
        except Exception:  # noqa: BLE001 - the notebook sees its own error
            return
        if self._figures and self._figures[-1][2] == id(figure) and self._figures[-1][3] != kind:
            return  # the same display in another format
        name = "figure-{:04}.png".format(len(self._figures))  # noqa: UP032 - reads better with the number
        with open(os.path.join(self._records, name), "wb") as stream:
            stream.write(picture.getvalue())
        self._figures.append([self._cell, name, id(figure), kind])

    def displayed(self, value: Any, bundle: dict[str, Any], is_result: bool) -> None:
        """A value is displayed, in the forms of a MIME bundle."""
        text = _text_of(value)
        drawn = "<matplotlib." in (bundle.get("text/html") or text)[:200]
        if self._cell is None or drawn or type(value).__module__ == "matplotlib.figure":
            return
        forms = [*(bundle[kind] for kind in TEXTS if isinstance(bundle.get(kind), str)), text]
        display = {
            "cell": self._cell,
            "forms": [form[:LONGEST] for form in dict.fromkeys(forms) if form],
            "result": is_result,
            "optional": value is None or any(not kind.startswith("text/") for kind in bundle),
        }
        self._displays.append(display)


def versions() -> dict[str, str]:
    """The versions of the libraries that this process has imported."""
    found = {}
    for name, module in list(sys.modules.items()):
        version = getattr(module, "__dict__", {}).get("__version__")
        if "." not in name and isinstance(version, str):
            found[name] = version
    return found


def _text_of(value: Any) -> str:
    """What a flow publishes of a value that has no HTML."""
    if value is NOTHING:
        return ""
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - the notebook sees its own error
        return ""


def written_path(event: str, arguments: tuple[Any, ...]) -> str | None:
    """The file that an audit event opens to write (a database, to use), or None."""
    if event == "sqlite3.connect" and arguments:
        path, writes = arguments[0], True
    elif event == "open" and len(arguments) == 3:
        path, mode, flags = arguments
        if isinstance(mode, str):
            writes = any(letter in mode for letter in "wax+")
        else:
            writes = isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))
    else:
        return None
    return (
        os.path.abspath(os.fsdecode(path)) if writes and isinstance(path, (str, bytes, os.PathLike)) else None
    )


def _load(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("_nb_to_flow_portrait", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its parts import each other by it
    spec.loader.exec_module(module)
    return module


def _watch_figures(watch: Watch) -> None:
    """IPython turns figures into pictures with one function: listen to it."""
    from IPython.core import pylabtools

    original: Any = pylabtools.print_figure

    def print_figure(fig: Any, fmt: str = "png", *args: Any, **kwargs: Any) -> Any:
        picture = original(fig, fmt, *args, **kwargs)
        if picture is not None:
            watch.shown(fig, fmt)
        return picture

    pylabtools.print_figure = print_figure


def _watch_displays(watch: Watch, shell: Any) -> None:
    """IPython formats a value, then displays what came out of that: listen to both."""
    formatter, publisher, hook = shell.display_formatter, shell.display_pub, shell.displayhook
    format_original, publish_original = formatter.format, publisher.publish
    write_original = hook.write_format_data
    formatted: list[Any] = [NOTHING, None]

    def value_of(bundle: Any) -> Any:
        return formatted[0] if formatted[1] is bundle else NOTHING

    def format_(value: Any, *args: Any, **kwargs: Any) -> Any:
        made = format_original(value, *args, **kwargs)
        formatted[:] = [value, made[0]]
        return made

    def publish(data: Any, *args: Any, **kwargs: Any) -> Any:
        watch.displayed(value_of(data), data, is_result=False)
        formatted[:] = [NOTHING, None]
        return publish_original(data, *args, **kwargs)

    def write_format_data(bundle: Any, *args: Any, **kwargs: Any) -> Any:
        watch.displayed(value_of(bundle), bundle, is_result=True)
        formatted[:] = [NOTHING, None]
        return write_original(bundle, *args, **kwargs)

    formatter.format, publisher.publish, hook.write_format_data = format_, publish, write_format_data


def main() -> None:
    """Start the kernel and watch it."""
    del sys.path[0]  # this file's folder; the shell puts the working folder there
    with open(sys.argv.pop(1), encoding="utf-8") as stream:
        config = json.load(stream)
    from ipykernel.kernelapp import IPKernelApp

    app: Any = IPKernelApp.instance()  # type: ignore[no-untyped-call, unused-ignore]
    app.initialize(sys.argv[1:])
    watch = Watch(app.shell, config)
    _watch_figures(watch)
    _watch_displays(watch, app.shell)
    app.shell.events.register("pre_run_cell", watch.start_cell)
    app.shell.events.register("post_run_cell", watch.end_cell)
    if hasattr(sys, "addaudithook"):
        sys.addaudithook(watch.heard)
    app.start()


if __name__ == "__main__":
    main()
