"""Plant operations, weekly report.

Figures for the Tuesday meeting. Run all, then mail the pictures in out/.

Converted by nb-to-flow from ops_report.ipynb (sha256 85d8d60f). Edit freely: this is
plain Prefect.
"""

import base64
import io
import logging
import os
import re
import warnings
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from prefect import flow, task
from prefect.artifacts import create_image_artifact, create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import ThreadPoolTaskRunner

matplotlib.use("agg")
pd.set_option("display.max_columns", 20)  # as in a notebook
warnings.filterwarnings("ignore", category=FutureWarning)
plt.rcParams["figure.figsize"] = (7, 3)
sns.set_style("whitegrid")

RETRY_IO = {
    "retries": 3,
    "retry_delay_seconds": [1, 10, 60],
    "retry_jitter_factor": 0.5,
}


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


@task(cache_policy=NO_CACHE, **RETRY_IO)
def make_folders() -> None:
    """Make folders (cell 4). Writes out."""
    os.makedirs("out", exist_ok=True)


@task(cache_policy=NO_CACHE, **RETRY_IO)
def load_production(start: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Production (cells 6-9).

    Returns (production, weekly). Reads data/production.csv. Writes out/units.png and
    out/units_weekly.png.
    """
    plt.close("all")  # what a run that failed has left
    production = pd.read_csv("data/production.csv", parse_dates=["day"])
    production = production[production.day >= start]
    show(production.describe(), key="load-production")

    daily = production.pivot_table(
        index="day", columns="line", values="units", aggfunc="sum"
    )
    show(daily.tail(), key="load-production-daily")

    daily.rolling(7).mean().plot(title="Units a day, 7 day mean")
    plt.savefig("out/units.png")
    publish_figures("load-production-figure")

    weekly = daily.resample("W").sum()
    weekly.index = weekly.index.strftime("%d %b")
    weekly.plot.bar(stacked=True, width=0.9)
    plt.title("Units a week")
    plt.tight_layout()
    plt.savefig("out/units_weekly.png")
    publish_figures("load-production-figure-2")
    return production, weekly


@task(cache_policy=NO_CACHE, **RETRY_IO)
def summarise_scrap(production: pd.DataFrame, scrap_limit: float) -> pd.DataFrame:
    """Scrap (cells 11-12). Writes out/scrap.png."""
    plt.close("all")
    scrap = production.groupby("machine")[["units", "scrap"]].sum()
    scrap["rate"] = scrap["scrap"] / scrap["units"]
    scrap["red"] = scrap["rate"] > scrap_limit
    show(scrap.sort_values("rate", ascending=False), key="summarise-scrap")

    fig, ax = plt.subplots()
    colors = ["crimson" if red else "steelblue" for red in scrap["red"]]
    ax.bar(scrap.index, scrap["rate"], color=colors)
    ax.axhline(scrap_limit, ls="--", color="grey")
    ax.set_title("Scrap rate")
    fig.savefig("out/scrap.png", dpi=80)
    publish_figures("summarise-scrap-figure")
    return scrap


@task(cache_policy=NO_CACHE, **RETRY_IO)
def plot_energy(production: pd.DataFrame) -> None:
    """Energy (cells 14-15). Writes out/energy.png."""
    plt.close("all")
    energy = production.assign(
        kwh_per_unit=production["energy_kwh"] / production["units"]
    )
    show(
        energy.groupby("line")["kwh_per_unit"].agg(["mean", "min", "max"]).round(2),
        key="plot-energy",
    )

    plt.figure(figsize=(5, 3))
    sns.boxplot(x="line", y="kwh_per_unit", data=energy)
    plt.title("Energy per unit")
    plt.savefig("out/energy.png")
    publish_figures("plot-energy-figure")


@task(cache_policy=NO_CACHE, **RETRY_IO)
def load_incidents(start: str) -> tuple[pd.DataFrame, pd.Series, Any]:
    """Incidents (cells 17-21).

    Returns (down, mttr, worst). Reads data/incidents.csv. Writes out/downtime.png.
    """
    plt.close("all")
    incidents = pd.read_csv("data/incidents.csv", parse_dates=["opened", "closed"])
    incidents = incidents[incidents["opened"] >= start]
    incidents["hour"] = incidents["opened"].dt.hour
    show(len(incidents), key="load-incidents")

    down = incidents.pivot_table(
        index="machine",
        columns="cause",
        values="minutes_down",
        aggfunc="sum",
        fill_value=0,
    )
    down["total"] = down.sum(axis=1)
    show(down, key="load-incidents-down")

    sns.heatmap(
        down.drop(columns="total"), annot=True, fmt=".0f", cmap="Reds", cbar=False
    )
    plt.title("Minutes down")
    plt.tight_layout()
    plt.savefig("out/downtime.png")
    publish_figures("load-incidents-figure")

    incidents["hour"].plot.hist(bins=24, title="When incidents are opened")
    publish_figures("load-incidents-figure-2")

    mttr = incidents.groupby("machine")["minutes_down"].mean().round(1)
    worst = mttr.idxmax()
    print(f"slowest to repair: {worst} ({mttr[worst]} min)")
    return down, mttr, worst


@task(cache_policy=NO_CACHE, **RETRY_IO)
def load_shifts(start: str) -> pd.DataFrame:
    """Shifts (cells 23-24). Reads data/shifts.csv. Writes out/absence.png."""
    plt.close("all")
    shifts = pd.read_csv("data/shifts.csv", parse_dates=["day"])
    shifts = shifts.loc[shifts.day >= start]
    absence = shifts.groupby("team")[["headcount", "absent"]].sum()
    absence["rate"] = (absence.absent / absence.headcount).round(3)
    show(absence, key="load-shifts")

    absence["rate"].plot.bar(color="tan", rot=0)
    plt.title("Absence")
    plt.savefig("out/absence.png")
    publish_figures("load-shifts-figure")
    return absence


@task(cache_policy=NO_CACHE, **RETRY_IO)
def summarise_one_line_in_detail(production: pd.DataFrame, line: str) -> pd.DataFrame:
    """One line in detail (cell 26). Writes out/line_{line}.png."""
    plt.close("all")
    detail = production[production["line"] == line]
    fig, axes = plt.subplots(1, 2, figsize=(9, 3))
    for ax, column in zip(axes, ["units", "scrap"]):
        for machine, part in detail.groupby("machine"):
            ax.plot(part["day"], part[column], label=machine, lw=1)
        ax.set_title(f"{column}, line {line}")
        ax.tick_params(axis="x", rotation=60)
    axes[0].legend()
    fig.tight_layout()
    fig.savefig(f"out/line_{line}.png")
    publish_figures("summarise-one-line-in-detail")
    return detail


@task(cache_policy=NO_CACHE, **RETRY_IO)
def write_summary(
    scrap: pd.DataFrame, down: pd.DataFrame, mttr: pd.Series
) -> pd.DataFrame:
    """Summary (cell 28). Writes out/ops_summary.csv."""
    summary = pd.DataFrame(
        {
            "units": scrap["units"],
            "scrap_rate": scrap["rate"].round(3),
            "minutes_down": down["total"],
            "mttr": mttr,
        }
    ).sort_values("minutes_down", ascending=False)
    summary.to_csv("out/ops_summary.csv")
    show(summary, key="write-summary")
    return summary


@flow(
    name="ops-report", log_prints=True, task_runner=ThreadPoolTaskRunner(max_workers=4)
)
def ops_report(
    start: str = "2024-02-01",
    scrap_limit: float = 0.04,
    line: str = "A",
) -> dict[str, Any]:
    """Figures for the Tuesday meeting. Run all, then mail the pictures in out/.

    Args:
        start: first day of the report
        scrap_limit: share of scrap that turns a cell red
        line: the line looked at in detail
    """
    folders_made = make_folders.submit()
    production, weekly = load_production.submit(start, wait_for=[folders_made]).result()
    scrap = summarise_scrap.submit(production, scrap_limit)
    # Tasks that draw wait for each other: pyplot's figures belong to the whole process.
    energy_plotted = plot_energy.submit(production, wait_for=[scrap])
    incidents_loaded = load_incidents.submit(start, wait_for=[energy_plotted])
    absence = load_shifts.submit(start, wait_for=[incidents_loaded])
    detail = summarise_one_line_in_detail.submit(production, line, wait_for=[absence])
    down, mttr, worst = incidents_loaded.result()
    summary = write_summary.submit(scrap, down, mttr)
    return {
        "weekly": weekly,
        "worst": worst,
        "absence": absence.result(),
        "detail": detail.result(),
        "summary": summary.result(),
    }


if __name__ == "__main__":
    ops_report()
