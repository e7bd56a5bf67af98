"""Demand forecast for the bakery counter.

Daily units, eight weeks ahead. Three models are compared on the last weeks, the best
one forecasts.

Converted by nb-to-flow from demand_forecast.ipynb (sha256 25b953c1). Edit freely: this
is plain Prefect.
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
import numpy as np
import pandas as pd
import statsmodels.api as sm
from prefect import flow, task
from prefect.artifacts import create_image_artifact, create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import ThreadPoolTaskRunner
from statsmodels.tsa.holtwinters import ExponentialSmoothing
from statsmodels.tsa.seasonal import seasonal_decompose

matplotlib.use("agg")
pd.set_option("display.max_columns", 20)  # as in a notebook
warnings.filterwarnings("ignore")
plt.style.use("ggplot")

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


def mape(actual, predicted):
    return float(np.mean(np.abs((actual - predicted) / actual)) * 100)


@task(cache_policy=NO_CACHE, **RETRY_IO)
def load_data() -> pd.DataFrame:
    """Data (cells 5-6). Reads data/daily_demand.csv."""
    raw = pd.read_csv("data/daily_demand.csv")
    raw["date"] = pd.to_datetime(raw["date"], format="%d.%m.%Y")
    raw = raw.set_index("date")
    show(raw.tail(), key="load-data")

    print(
        "days missing:",
        len(pd.date_range(raw.index[0], raw.index[-1])) - len(raw),
        "- values missing:",
        raw.units.isna().sum(),
    )
    return raw


@task(cache_policy=NO_CACHE, **RETRY_IO)
def load_holidays() -> pd.DataFrame:
    """Data (cell 7). Reads data/holidays.csv."""
    holidays = pd.read_csv("data/holidays.csv", parse_dates=["date"])
    show(holidays.head(), key="load-holidays")
    return holidays


@task(cache_policy=NO_CACHE)
def fill_gaps(raw: pd.DataFrame, holidays: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Fill the gaps (cells 9, 11). Returns (demand, smooth)."""
    demand = raw["units"].asfreq("D")
    # same weekday of the week before
    demand = demand.fillna(demand.shift(7))
    demand = demand.interpolate()
    assert demand.notna().all()

    # holidays are closed half the day: replace them for the smoothing models
    smooth = demand.copy()
    for day in holidays["date"]:
        if day in smooth.index and day - pd.Timedelta(days=7) in smooth.index:
            smooth.loc[day] = demand.loc[day - pd.Timedelta(days=7)]
    return demand, smooth


@task(cache_policy=NO_CACHE)
def fill_promo(raw: pd.DataFrame) -> pd.Series:
    """Fill the gaps (cell 10)."""
    promo = raw["promo"].asfreq("D").fillna(0).astype(int)
    show(promo.sum(), key="fill-promo")
    return promo


@task(cache_policy=NO_CACHE)
def plot_series(demand: pd.Series, smooth: pd.Series, season: int) -> pd.Series:
    """A look at the series (cells 13-15)."""
    demand.plot(figsize=(9, 3), lw=0.7, title="Units a day")
    publish_figures("plot-series")

    parts = seasonal_decompose(smooth, period=season)
    weekday = parts.seasonal.groupby(parts.seasonal.index.dayofweek).first()
    show(weekday.round(1), key="plot-series-weekday")

    fig = parts.plot()
    fig.set_size_inches(8, 6)
    publish_figures("plot-series-figure")
    return weekday


@task(cache_policy=NO_CACHE)
def train_and_test(
    smooth: pd.Series, promo: pd.Series, demand: pd.Series, holdout: int, season: int
) -> dict[str, Any]:
    """Train and test (cells 17, 20, 22, 25)."""
    train, test = smooth[:-holdout], smooth[-holdout:]
    train_promo, test_promo = promo[:-holdout], promo[-holdout:]
    print(
        train.index[0].date(),
        "to",
        train.index[-1].date(),
        "|",
        len(test),
        "days for testing",
    )

    errors = {}

    naive = pd.Series(np.resize(train[-season:].to_numpy(), holdout), index=test.index)
    errors["naive"] = mape(test, naive)

    hw = ExponentialSmoothing(
        train, trend="add", damped_trend=True, seasonal="add", seasonal_periods=season
    ).fit()
    hw_test = hw.forecast(holdout)
    errors["holt-winters"] = mape(test, hw_test)

    def design(index, promo):
        t = np.arange(len(index)) + (index[0] - demand.index[0]).days
        X = pd.DataFrame(
            {"trend": t, "promo": promo.to_numpy()}, index=index, dtype=float
        )
        X["sin"] = np.sin(2 * np.pi * t / 365.25)
        X["cos"] = np.cos(2 * np.pi * t / 365.25)
        for d in range(1, 7):
            X[f"wd{d}"] = (index.dayofweek == d).astype(float)
        return sm.add_constant(X)

    ols = sm.OLS(train, design(train.index, train_promo)).fit()
    ols_test = ols.predict(design(test.index, test_promo))
    errors["regression"] = mape(test, ols_test)
    show(ols.params.round(2), key="train-and-test")
    return {
        "test": test,
        "errors": errors,
        "naive": naive,
        "hw": hw,
        "hw_test": hw_test,
        "ols": ols,
        "ols_test": ols_test,
    }


@task(cache_policy=NO_CACHE)
def find_best(errors: dict) -> Any:
    """Which one (cell 27)."""
    errors = pd.Series(errors).sort_values().round(2)
    best = errors.index[0]
    print("best:", best)
    show(errors, key="find-best")
    return best


@task(cache_policy=NO_CACHE)
def plot_test(test: pd.Series, naive: pd.Series, hw_test: Any, ols_test: Any) -> None:
    """Which one (cell 28)."""
    ax = test.plot(color="black", label="actual", figsize=(9, 3))
    for name, prediction in {
        "naive": naive,
        "holt-winters": hw_test,
        "regression": ols_test,
    }.items():
        prediction.plot(ax=ax, label=name, lw=1)
    show(ax.legend(), key="plot-test")
    publish_figures("plot-test-figure")


@task(cache_policy=NO_CACHE)
def forecast_demand(
    demand: pd.Series,
    promo: pd.Series,
    best: Any,
    smooth: pd.Series,
    horizon: int,
    season: int,
) -> Any:
    """Forecast (cell 30)."""

    def design(index, promo):
        t = np.arange(len(index)) + (index[0] - demand.index[0]).days
        X = pd.DataFrame(
            {"trend": t, "promo": promo.to_numpy()}, index=index, dtype=float
        )
        X["sin"] = np.sin(2 * np.pi * t / 365.25)
        X["cos"] = np.cos(2 * np.pi * t / 365.25)
        for d in range(1, 7):
            X[f"wd{d}"] = (index.dayofweek == d).astype(float)
        return sm.add_constant(X)

    future = pd.date_range(demand.index[-1] + pd.Timedelta(days=1), periods=horizon)
    no_promo = pd.Series(0, index=future)
    if best == "regression":
        final = sm.OLS(smooth, design(smooth.index, promo)).fit()
        forecast = final.predict(design(future, no_promo))
    elif best == "holt-winters":
        final = ExponentialSmoothing(
            smooth,
            trend="add",
            damped_trend=True,
            seasonal="add",
            seasonal_periods=season,
        ).fit()
        forecast = final.forecast(horizon)
    else:
        forecast = pd.Series(
            np.resize(smooth[-season:].to_numpy(), horizon), index=future
        )
    return forecast


@task(cache_policy=NO_CACHE, **RETRY_IO)
def write_forecast(forecast: Any, forecast_file: str) -> Any:
    """Forecast (cells 31-32). Writes {forecast_file}."""
    forecast = forecast.clip(lower=0).round().astype(int)
    os.makedirs(os.path.dirname(forecast_file), exist_ok=True)
    forecast.rename("units").to_csv(forecast_file, index_label="date")

    show(forecast.resample("W").sum().head(), key="write-forecast")
    return forecast


@flow(
    name="demand-forecast",
    log_prints=True,
    task_runner=ThreadPoolTaskRunner(max_workers=4),
)
def demand_forecast(
    horizon: int = 56,
    holdout: int = 28,
    season: int = 7,
    forecast_file: str = "out/forecast.csv",
) -> dict[str, Any]:
    """Daily units, eight weeks ahead.

    Three models are compared on the last weeks, the best one forecasts.

    Args:
        horizon: days to forecast
        holdout: days kept back to compare the models
    """
    raw = load_data.submit()
    holidays = load_holidays.submit()
    gaps_filled = fill_gaps.submit(raw, holidays)
    promo = fill_promo.submit(raw)
    demand, smooth = gaps_filled.result()
    weekday = plot_series.submit(demand, smooth, season)
    trained = train_and_test.submit(smooth, promo, demand, holdout, season).result()
    best = find_best.submit(trained["errors"])
    # Tasks that draw wait for each other: pyplot's figures belong to the whole process.
    test_plotted = plot_test.submit(
        trained["test"],
        trained["naive"],
        trained["hw_test"],
        trained["ols_test"],
        wait_for=[weekday],
    )
    forecast_made = forecast_demand.submit(demand, promo, best, smooth, horizon, season)
    forecast = write_forecast.submit(forecast_made, forecast_file)
    test_plotted.result()
    return {
        "weekday": weekday.result(),
        "hw": trained["hw"],
        "ols": trained["ols"],
        "forecast": forecast.result(),
    }


if __name__ == "__main__":
    demand_forecast()
