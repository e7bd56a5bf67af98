"""stock count clean-up (March).

ask the warehouse about the ?? locations!!

Converted by nb-to-flow from inventory_cleanup.ipynb (sha256 1632a197). Edit freely:
this is plain Prefect.
"""

import base64
import builtins
import io
import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO, TextIOBase
from threading import RLock, get_ident
from typing import Any, TextIO

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.utils.capture import CapturedIO
from IPython.utils.text import SList
from prefect import flow, task
from prefect.artifacts import create_image_artifact, create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext, TaskRunContext
from prefect.task_runners import ThreadPoolTaskRunner

matplotlib.use("agg")
pd.set_option("display.max_columns", 20)  # as in a notebook

RETRY_IO = {
    "retries": 3,
    "retry_delay_seconds": [1, 10, 60],
    "retry_jitter_factor": 0.5,
}


def capture_shell(command: str) -> SList:
    """Run a shell command and return the lines it prints."""
    done = subprocess.run(
        command,
        shell=True,
        executable=os.environ.get("SHELL"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return SList(done.stdout.splitlines())


CAPTURE_LOCK = RLock()  # the standard output is one for all tasks


class OwnOutput(TextIOBase):
    """A stream for what this thread writes; what others write goes where it went before."""

    def __init__(self, own: TextIO, others: TextIO) -> None:
        self.thread, self.own, self.others = get_ident(), own, others

    def write(self, text: str) -> int:
        return (self.own if get_ident() == self.thread else self.others).write(text)


@contextmanager
def captured_output(stdout: bool = True, stderr: bool = True) -> Iterator[CapturedIO]:
    """Collect what is printed meanwhile instead of logging it."""
    captured = CapturedIO(StringIO(), StringIO())
    run = TaskRunContext.get() or FlowRunContext.get()
    with ExitStack() as stack:
        stack.enter_context(CAPTURE_LOCK)
        if stdout and run is not None:
            stack.enter_context(run.model_copy(update={"log_prints": False}))
        if stdout:
            stack.enter_context(
                redirect_stdout(OwnOutput(captured._stdout, sys.stdout))
            )
        if stderr:
            stack.enter_context(
                redirect_stderr(OwnOutput(captured._stderr, sys.stderr))
            )
        yield captured


def run_shell(command: str) -> int:
    """Run a shell command, print what it prints, and return its exit code."""
    with subprocess.Popen(
        command,
        shell=True,
        executable=os.environ.get("SHELL"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            print(line.rstrip("\n"))
    return process.returncode


def write_file(path: str, text: str, mode: str = "w") -> None:
    """Write a text file and say so."""
    path = os.path.expanduser(path)
    verb = (
        "Writing"
        if not os.path.exists(path)
        else "Appending to"
        if mode == "a"
        else "Overwriting"
    )
    print(f"{verb} {path}")
    with open(path, mode, encoding="utf-8") as file:
        file.write(text)


OPEN_LINES: dict[int, str] = {}  # by thread


def print(*values: Any, file: Any = None, **options: Any) -> None:
    """Print whole lines, as every call of the builtin becomes a log record of its own."""
    if file is not None:
        builtins.print(*values, file=file, **options)
        return
    printed = io.StringIO()
    builtins.print(*values, file=printed, **options)
    thread = threading.get_ident()
    text = OPEN_LINES.pop(thread, "") + printed.getvalue()
    lines, newline, OPEN_LINES[thread] = text.rpartition("\n")
    if newline:
        builtins.print(lines)


def end_line() -> None:
    """Print what is left of a line, as a notebook does at the end of a cell."""
    if rest := OPEN_LINES.pop(threading.get_ident(), ""):
        builtins.print(rest)


def show(*values: Any, key: str) -> None:
    """Publish values as the notebook displayed them, as artifacts of this task run."""
    for value in values:
        try:
            if isinstance(value, plt.Figure):
                publish_figure(value, key)
                continue
            kind = type(value)
            names = [n for n in ("_repr_html_", "_repr_markdown_") if hasattr(kind, n)]
            rich = getattr(value, names[0], None) if names else None
            html = rich() if rich else None
            html = re.sub(r"<style.*?</style>", "", html or "", flags=re.DOTALL)
            text = html or f"```\n{value!r}\n```"
            if value is not None and "<matplotlib." not in text[:200]:
                create_markdown_artifact(markdown=text[:500_000], key=key)
        except Exception:
            logging.getLogger(__name__).warning("%s: not shown", key, exc_info=True)


def publish_figures(key: str) -> None:
    """Publish the open figures and close them, as a notebook does at the end of a cell."""
    try:
        for number in plt.get_fignums():
            publish_figure(plt.figure(number), key)
    except Exception:
        logging.getLogger(__name__).warning("%s: not shown", key, exc_info=True)
    finally:
        plt.close("all")


def publish_figure(figure: plt.Figure, key: str) -> None:
    """Publish a figure as an image artifact of this task run."""
    if figure.axes:
        png = io.BytesIO()
        figure.savefig(png, format="png", bbox_inches="tight")
        image = base64.b64encode(png.getvalue()).decode()
        create_image_artifact(image_url=f"data:image/png;base64,{image}", key=key)


@task(cache_policy=NO_CACHE)
def load_stock_count() -> tuple[int, pd.DataFrame]:
    """Load stock count (cells 3-7).

    Returns (n_rows, df). Reads data/stock_count.csv. Writes out. Not retried: running
    it twice would not be the same as once.
    """
    run_shell("mkdir -p out")
    run_shell("ls data | head -3")

    rows = capture_shell("wc -l < data/stock_count.csv")
    n_rows = int(rows[0])
    print("lines in the file:", n_rows)

    df = pd.read_csv("data/stock_count.csv")
    show(df.head(), key="load-stock-count")

    show(df.shape, key="load-stock-count-df")
    show(df.describe(), key="load-stock-count-df-describe")
    return n_rows, df


@task(cache_policy=NO_CACHE)
def summarise_values(df: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, Any]:
    """values (cells 9-11, 13-19). Returns (df, df2, missing)."""
    df = df.copy()
    df.columns = [c.strip().lower().replace(" ", "_") for c in df.columns]
    df.rename(columns={"qty_on_hand": "qty", "unit_price": "price"}, inplace=True)
    show(df.columns, key="summarise-values")

    df2 = df  # keep the original... (it is not a copy!)

    df2.drop_duplicates(inplace=True)
    df2.reset_index(drop=True, inplace=True)
    show(len(df), key="summarise-values-df")

    df["price"] = (
        df["price"]
        .str.replace("$", "", regex=False)
        .str.replace(",", "", regex=False)
        .astype(float)
    )
    df["location"] = df["location"].str.upper().str.replace("-", "", regex=False)
    df.loc[df["location"] == "??", "location"] = np.nan

    bad = df["qty"] < 0
    print(bad.sum(), "negative counts", end=" ... ")
    df.loc[bad, "qty"] = 0
    print("set to zero")
    end_line()

    out_12 = df["qty"].isna().sum()
    show(out_12, key="summarise-values-2")

    out_13 = out_12
    show(out_13, key="summarise-values-3")

    missing = out_13
    print("not counted:", missing)

    med = df.groupby("item_name")["qty"].transform("median")
    df["qty"] = df["qty"].fillna(med)

    df["supplier"] = df["supplier"].fillna("none")
    show(df.supplier.value_counts(), key="summarise-values-df-supplier")
    return df, df2, missing


@task(cache_policy=NO_CACHE)
def split_by_location(df: pd.DataFrame) -> dict:
    """split by location, work on the parts (cells 21-24)."""
    a = df[df["location"].fillna("").str.startswith("A")].copy()
    b = df[df["location"].fillna("").str.startswith("B")].copy()
    parts = [a, b]
    for p in parts:
        p["value"] = p["qty"] * p["price"]
        p.sort_values("value", ascending=False, inplace=True)

    show(a.head(3), key="split-by-location")

    totals = dict()  # noqa: C408
    for name, p in zip("AB", parts):
        totals[name] = round(float(p["value"].sum()), 2)
    show(totals, key="split-by-location-totals")

    with captured_output():
        for p in parts:
            print(p.describe())
    return totals


@task(cache_policy=NO_CACHE, **RETRY_IO)
def plot_movements_since_count(df: pd.DataFrame) -> tuple[pd.Series, Any]:
    """movements since the count (cells 26-29).

    Returns (now, monday). Reads data/stock_moves.csv. Writes out/moves.png.
    """
    plt.close("all")  # what a run that failed has left
    moves = pd.read_csv("data/stock_moves.csv")
    sign = {"in": 1, "out": -1, "scrap": -1}
    moves["delta"] = moves["qty"] * moves["kind"].map(sign)
    show(moves.head(), key="plot-movements-since-count")

    delta = moves.groupby("code")["delta"].sum()
    tmp = df.set_index("item_code")["qty"]
    now = (tmp + delta.reindex(tmp.index).fillna(0)).clip(lower=0)
    show(now.head(), key="plot-movements-since-count-now")

    # quick matrix by weekday, first row is doubled (half shifts)
    days = pd.to_datetime(moves["when"]).dt.dayofweek
    grid = np.zeros((7, 3))
    for k, d in zip(moves["kind"], days):
        grid[d, ["in", "out", "scrap"].index(k)] += 1
    monday = grid[0]
    monday *= 2
    show(grid, key="plot-movements-since-count-grid")

    plt.imshow(grid, aspect="auto")
    plt.colorbar()
    plt.savefig("out/moves.png")
    publish_figures("plot-movements-since-count-figure")
    return now, monday


@task(cache_policy=NO_CACHE, **RETRY_IO)
def write_re_order_list(
    df: pd.DataFrame, now: pd.Series
) -> tuple[pd.DataFrame, pd.Series]:
    """re-order list (cells 31-33).

    Returns (order, per_supplier). Reads out/thresholds.csv. Writes out/order_{s}.csv
    and out/thresholds.csv.
    """
    end_line()
    write_file(
        "out/thresholds.csv",
        """\
item_name,reorder_at
bolt,55
nut,55
washer,52
bracket,48
hinge,45
screw,58
anchor,50
""",
    )

    limits = pd.read_csv("out/thresholds.csv", index_col="item_name")["reorder_at"]
    order = df[["item_code", "item_name", "supplier"]].copy()
    order["now"] = now.to_numpy()
    order["limit"] = order["item_name"].map(limits)
    order = order[order["now"] < order["limit"]]
    show(order.head(), key="write-re-order-list")

    per_supplier = order.groupby("supplier").size()
    for s in per_supplier.index:
        order[order["supplier"] == s].to_csv(f"out/order_{s}.csv", index=False)
        print(s, per_supplier[s], end="; ")
    end_line()
    return order, per_supplier


@task(cache_policy=NO_CACHE)
def write_stock_clean(df2: pd.DataFrame) -> None:
    """re-order list (cell 34).

    Reads out/stock_clean.csv. Writes out/stock_clean.csv. Not retried: running it twice
    would not be the same as once.
    """
    df2.to_csv("out/stock_clean.csv", index=False)
    run_shell("wc -l out/stock_clean.csv")


@flow(
    name="inventory-cleanup",
    log_prints=True,
    task_runner=ThreadPoolTaskRunner(max_workers=4),
)
def inventory_cleanup() -> dict[str, Any]:
    """ask the warehouse about the ?? locations!!"""
    n_rows, df_loaded = load_stock_count.submit().result()
    df, df2, missing = summarise_values.submit(df_loaded).result()
    totals = split_by_location.submit(df)
    movements_since_count_plotted = plot_movements_since_count.submit(df)
    stock_clean_written = write_stock_clean.submit(df2)
    now, monday = movements_since_count_plotted.result()
    order, per_supplier = write_re_order_list.submit(df, now).result()
    stock_clean_written.result()
    return {
        "n_rows": n_rows,
        "missing": missing,
        "totals": totals.result(),
        "monday": monday,
        "order": order,
        "per_supplier": per_supplier,
    }


if __name__ == "__main__":
    inventory_cleanup()
