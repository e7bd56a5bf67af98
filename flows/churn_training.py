"""Churn model.

Which subscribers are about to cancel? Retrained by hand on the first Monday of the
month.

Converted by nb-to-flow from churn_training.ipynb (sha256 8668b180). Edit freely: this
is plain Prefect.
"""

import base64
import io
import logging
import os
import re
from typing import Any

import joblib
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from prefect import flow, task
from prefect.artifacts import create_image_artifact, create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import ThreadPoolTaskRunner
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

matplotlib.use("agg")
pd.set_option("display.max_columns", 30)

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
def make_out_dir(out_dir: str) -> None:
    """Make out dir (cell 4). Writes {out_dir}."""
    os.makedirs(out_dir, exist_ok=True)


@task(cache_policy=NO_CACHE, **RETRY_IO)
def load_subscribers() -> pd.DataFrame:
    """Load the subscribers (cells 6-7). Reads data/subscribers.csv."""
    subscribers = pd.read_csv("data/subscribers.csv")
    show(subscribers.head(), key="load-subscribers")

    show(subscribers.isna().sum(), key="load-subscribers-isna")
    return subscribers


@task(cache_policy=NO_CACHE)
def clean_subscribers(subscribers: pd.DataFrame, min_tenure: int) -> pd.DataFrame:
    """Clean (cell 9)."""
    # new accounts cancel for other reasons, see the note from March
    data = subscribers[subscribers["tenure_months"] >= min_tenure].copy()
    data["hours_watched"] = data["hours_watched"].fillna(data["hours_watched"].median())
    data["country"] = data["country"].fillna("unknown")
    print(len(subscribers) - len(data), "young accounts left out")
    return data


@task(cache_policy=NO_CACHE, **RETRY_IO)
def write_cancellations_by_plan(data: pd.DataFrame, out_dir: str) -> None:
    """Cancellations by plan (cells 11-12).

    Writes {out_dir}/churn_by_plan.csv and {out_dir}/churn_by_plan.png.
    """
    plt.close("all")  # what a run that failed has left
    by_plan = (
        data.groupby("plan")["cancelled"].agg(["mean", "count"]).sort_values("mean")
    )
    by_plan.to_csv(f"{out_dir}/churn_by_plan.csv")
    show(by_plan, key="write-cancellations-by-plan")

    by_plan["mean"].plot.barh(title="Share of cancelled subscriptions")
    plt.tight_layout()
    plt.savefig(f"{out_dir}/churn_by_plan.png")
    publish_figures("write-cancellations-by-plan-figure")


@task(cache_policy=NO_CACHE)
def split_features(data: pd.DataFrame, test_size: float) -> dict[str, Any]:
    """Features (cells 14-15). The seed of cell 2 moved here."""
    np.random.seed(42)

    features = pd.get_dummies(
        data[
            [
                "plan",
                "country",
                "tenure_months",
                "monthly_fee",
                "hours_watched",
                "support_tickets",
            ]
        ]
    )
    features["hours_per_euro"] = features["hours_watched"] / features["monthly_fee"]
    target = data["cancelled"]
    show(features.shape, key="split-features")

    X_train, X_test, y_train, y_test = train_test_split(
        features, target, test_size=test_size, stratify=target
    )
    print("train", X_train.shape, "test", X_test.shape)
    return {
        "features": features,
        "X_test": X_test,
        "X_train": X_train,
        "y_test": y_test,
        "y_train": y_train,
        "numpy_state": np.random.get_state(),
    }


@task(cache_policy=NO_CACHE)
def train_baseline_logistic_regression(
    X_train: pd.DataFrame, y_train: pd.Series, y_test: pd.Series, X_test: pd.DataFrame
) -> tuple[Any, float]:
    """Baseline: logistic regression (cell 17). Returns (baseline, baseline_auc)."""
    baseline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    baseline.fit(X_train, y_train)
    baseline_auc = roc_auc_score(y_test, baseline.predict_proba(X_test)[:, 1])
    print("baseline AUC", round(baseline_auc, 3))
    return baseline, baseline_auc


@task(cache_policy=NO_CACHE)
def train_random_forest(
    X_train: pd.DataFrame,
    y_train: pd.Series,
    y_test: pd.Series,
    X_test: pd.DataFrame,
    features: pd.DataFrame,
    n_trees: int,
    numpy_state: tuple,
) -> tuple[RandomForestClassifier, float, pd.Series]:
    """Random forest (cells 19-20). Returns (forest, forest_auc, importance)."""
    np.random.set_state(numpy_state)
    forest = RandomForestClassifier(n_estimators=n_trees, min_samples_leaf=5)
    forest.fit(X_train, y_train)
    forest_auc = roc_auc_score(y_test, forest.predict_proba(X_test)[:, 1])
    print("forest AUC", round(forest_auc, 3))

    importance = pd.Series(
        forest.feature_importances_, index=features.columns
    ).sort_values(ascending=False)
    show(importance.head(6), key="train-random-forest")
    return forest, forest_auc, importance


@task(cache_policy=NO_CACHE, **RETRY_IO)
def keep_better_model(
    forest: RandomForestClassifier,
    forest_auc: float,
    baseline_auc: float,
    baseline: Any,
    y_test: pd.Series,
    X_test: pd.DataFrame,
    out_dir: str,
) -> Any:
    """Keep the better model (cells 22-23). Writes {out_dir}/churn_model.joblib."""
    # the baseline wins ties: it is easier to explain
    model = forest if forest_auc > baseline_auc else baseline
    joblib.dump(model, f"{out_dir}/churn_model.joblib")
    print("kept", type(model).__name__)

    show(confusion_matrix(y_test, model.predict(X_test)), key="keep-better-model")
    return model


@task(cache_policy=NO_CACHE, **RETRY_IO)
def predict_at_risk(
    data: pd.DataFrame, model: Any, features: pd.DataFrame, out_dir: str
) -> pd.DataFrame:
    """Who to call first (cell 25). Writes {out_dir}/call_list.csv."""
    at_risk = data[data["cancelled"] == 0][
        ["subscriber_id", "plan", "tenure_months"]
    ].copy()
    at_risk["risk"] = model.predict_proba(features.loc[at_risk.index])[:, 1]
    at_risk = at_risk.sort_values("risk", ascending=False).head(50)
    at_risk.to_csv(f"{out_dir}/call_list.csv", index=False)
    show(at_risk.head(10), key="predict-at-risk")
    return at_risk


@flow(
    name="churn-training",
    log_prints=True,
    task_runner=ThreadPoolTaskRunner(max_workers=4),
)
def churn_training(
    test_size: float = 0.25,
    n_trees: int = 120,
    min_tenure: int = 1,
    out_dir: str = "out",
) -> dict[str, Any]:
    """Which subscribers are about to cancel?

    Retrained by hand on the first Monday of the month.

    Args:
        test_size: share of subscribers held back for testing
        n_trees: trees in the forest
        min_tenure: months; younger accounts are left out
        out_dir: where the model and the tables go
    """
    out_dir_made = make_out_dir.submit(out_dir)
    subscribers = load_subscribers.submit()
    data = clean_subscribers.submit(subscribers, min_tenure)
    cancellations_by_plan_written = write_cancellations_by_plan.submit(
        data, out_dir, wait_for=[out_dir_made]
    )
    split = split_features.submit(data, test_size).result()
    baseline_logistic_regression_trained = train_baseline_logistic_regression.submit(
        split["X_train"], split["y_train"], split["y_test"], split["X_test"]
    )
    forest, forest_auc, importance = train_random_forest.submit(
        split["X_train"],
        split["y_train"],
        split["y_test"],
        split["X_test"],
        split["features"],
        n_trees,
        split["numpy_state"],
    ).result()
    baseline, baseline_auc = baseline_logistic_regression_trained.result()
    model = keep_better_model.submit(
        forest,
        forest_auc,
        baseline_auc,
        baseline,
        split["y_test"],
        split["X_test"],
        out_dir,
        wait_for=[out_dir_made],
    )
    at_risk = predict_at_risk.submit(data, model, split["features"], out_dir)
    cancellations_by_plan_written.result()
    return {
        "baseline": baseline,
        "baseline_auc": baseline_auc,
        "forest": forest,
        "forest_auc": forest_auc,
        "importance": importance,
        "model": model.result(),
        "at_risk": at_risk.result(),
    }


if __name__ == "__main__":
    churn_training()
