"""Customer survey: weights and report.

The panel is too young. Every answer gets a weight, so that age and region match the
population.

Converted by nb-to-flow from survey_weights.ipynb (sha256 cc07996e). Edit freely: this
is plain Prefect.
"""

import json
import logging
import os
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import ThreadPoolTaskRunner

pd.set_option("display.max_columns", 20)  # as in a notebook

RETRY_IO = {
    "retries": 3,
    "retry_delay_seconds": [1, 10, 60],
    "retry_jitter_factor": 0.5,
}


def show(*values: Any, key: str) -> None:
    """Publish values as the notebook displayed them, as artifacts of this task run."""
    for value in values:
        try:
            kind = type(value)
            names = [n for n in ("_repr_html_", "_repr_markdown_") if hasattr(kind, n)]
            rich = getattr(value, names[0], None) if names else None
            html = rich() if rich else None
            html = re.sub(r"<style.*?</style>", "", html or "", flags=re.DOTALL)
            text = html or f"```\n{value!r}\n```"
            if value is not None:
                create_markdown_artifact(markdown=text[:500_000], key=key)
        except Exception:
            logging.getLogger(__name__).warning("%s: not shown", key, exc_info=True)


def rake(df, margins, rounds, tol=1e-6):
    """Iterative proportional fitting. Adds a column `weight` to df."""
    w = pd.Series(1.0, index=df.index)
    for i in range(rounds):
        old = w.copy()
        for m in margins:
            w = w * m.factors(w, df[m.column])
        if (w - old).abs().max() < tol:
            break
    df["weight"] = w / w.mean()
    return i + 1


def weighted(df, column):
    return float(np.average(df[column], weights=df["weight"]))


@task(cache_policy=NO_CACHE, **RETRY_IO)
def read_survey() -> pd.DataFrame:
    """Read (cell 5). Reads data/survey.csv."""
    survey = pd.read_csv("data/survey.csv")
    survey = survey.dropna(subset=["satisfaction"])
    survey["comment"] = survey["comment"].fillna("")
    show(survey.head(), key="read-survey")
    return survey


@task(cache_policy=NO_CACHE, **RETRY_IO)
def read_population() -> pd.DataFrame:
    """Read (cell 6). Reads data/population.csv."""
    population = pd.read_csv("data/population.csv")
    show(population.head(), key="read-population")
    return population


@task(cache_policy=NO_CACHE)
def rake_survey(
    population: pd.DataFrame, survey: pd.DataFrame, rounds: int
) -> tuple[pd.DataFrame, int]:
    """Raking (cells 9, 11). Returns (survey, used)."""
    survey = survey.copy()

    @dataclass
    class Margin:
        """What one column of the survey should look like."""

        column: str
        shares: dict = field(default_factory=dict)

        @classmethod
        def from_population(cls, column):
            people = population.groupby(column)["people"].sum()
            return cls(column, (people / people.sum()).to_dict())

        def factors(self, weights, values):
            have = weights.groupby(values).sum() / weights.sum()
            return values.map(lambda v: self.shares[v] / have[v])

    margins = [Margin.from_population(c) for c in ["age_group", "region"]]
    show(margins, key="rake-survey")

    used = rake(survey, margins, rounds)
    print("rounds used:", used)
    show(survey["weight"].describe().round(3), key="rake-survey-weight")
    return survey, used


@task(cache_policy=NO_CACHE)
def adjust_survey(survey: pd.DataFrame, max_weight: float) -> tuple[pd.DataFrame, Any]:
    """Raking (cells 12-13). Returns (survey, n_eff)."""
    survey = survey.copy()
    survey["weight"] = survey["weight"].clip(upper=max_weight)
    survey["weight"] /= survey["weight"].mean()

    # effective sample size
    n_eff = survey["weight"].sum() ** 2 / (survey["weight"] ** 2).sum()
    print(f"{len(survey)} answers are worth {n_eff:.0f}")
    return survey, n_eff


@task(cache_policy=NO_CACHE)
def summarise_satisfaction(survey: pd.DataFrame, by: str) -> pd.DataFrame:
    """Satisfaction (cell 16)."""
    satisfaction = pd.DataFrame(
        {
            "plain": survey.groupby(by)["satisfaction"].mean(),
            "weighted": pd.Series(
                {k: weighted(g, "satisfaction") for k, g in survey.groupby(by)}
            ),
        }
    ).round(2)
    show(satisfaction, key="summarise-satisfaction")
    return satisfaction


@task(cache_policy=NO_CACHE)
def summarise_app(survey: pd.DataFrame, by: str) -> pd.Series:
    """The app (cell 18)."""
    app_users = pd.Series(
        {k: weighted(g, "uses_app") for k, g in survey.groupby(by)}
    ).round(3)
    show(app_users, key="summarise-app")
    return app_users


@task(cache_policy=NO_CACHE)
def summarise_comments(survey: pd.DataFrame) -> pd.Series:
    """Comments (cell 20)."""
    comments = (
        survey[survey["comment"] != ""]
        .groupby("comment")["weight"]
        .sum()
        .sort_values(ascending=False)
        .round(1)
    )
    show(comments, key="summarise-comments")
    return comments


@task(cache_policy=NO_CACHE, **RETRY_IO)
def write_report(
    survey: pd.DataFrame,
    n_eff: Any,
    satisfaction: pd.DataFrame,
    app_users: pd.Series,
    comments: pd.Series,
    out_dir: str,
    report_format: str,
) -> dict:
    """Write the report (cells 22-24).

    Writes {out_dir}, {out_dir}/survey_report.json, {out_dir}/survey_report.md and
    {out_dir}/survey_weighted.csv.
    """
    os.makedirs(out_dir, exist_ok=True)
    survey.to_csv(f"{out_dir}/survey_weighted.csv", index=False)

    report = {
        "answers": len(survey),
        "effective": round(float(n_eff), 1),
        "satisfaction": satisfaction["weighted"].to_dict(),
        "app": app_users.to_dict(),
        "comments": comments.to_dict(),
    }
    if report_format == "json":
        with open(f"{out_dir}/survey_report.json", "w") as f:
            json.dump(report, f, indent=2)
    else:
        lines = ["# Survey report", ""]
        for key, value in report.items():
            lines.append(f"- {key}: {value}")
        with open(f"{out_dir}/survey_report.md", "w") as f:
            f.write("\n".join(lines) + "\n")

    for key in report:  # noqa: PLC0206
        print(key, "->", report[key])
    return report


@flow(
    name="survey-weights",
    log_prints=True,
    task_runner=ThreadPoolTaskRunner(max_workers=4),
)
def survey_weights(
    max_weight: float = 3.0,
    rounds: int = 25,
    report_format: str = "md",
    by: str = "region",
    out_dir: str = "out",
) -> dict[str, Any]:
    """The panel is too young.

    Every answer gets a weight, so that age and region match the population.

    Args:
        max_weight: larger weights are cut
        rounds: raking rounds at most
        report_format: md or json
        by: the split shown in the report
    """
    survey_read = read_survey.submit()
    population = read_population.submit()
    survey_raked, used = rake_survey.submit(population, survey_read, rounds).result()
    survey, n_eff = adjust_survey.submit(survey_raked, max_weight).result()
    satisfaction = summarise_satisfaction.submit(survey, by)
    app_users = summarise_app.submit(survey, by)
    comments = summarise_comments.submit(survey)
    report = write_report.submit(
        survey, n_eff, satisfaction, app_users, comments, out_dir, report_format
    )
    return {
        "used": used,
        "survey": survey,
        "report": report.result(),
    }


if __name__ == "__main__":
    survey_weights()
