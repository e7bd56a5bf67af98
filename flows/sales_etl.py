"""Half-year sales load.

Takes the two quarterly exports of the shop system, cleans them, adds products and
stores, and loads the result into the reporting database.

Converted by nb-to-flow from sales_etl.ipynb (sha256 ffdc5dec). Edit freely: this is
plain Prefect.
"""

import logging
import os
import re
import sqlite3
from glob import glob
from typing import Any

import numpy as np
import pandas as pd
from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import ThreadPoolTaskRunner

pd.set_option("display.max_columns", 20)  # as in a notebook
pd.options.display.max_rows = 20

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


@task(cache_policy=NO_CACHE, **RETRY_IO)
def make_export_dir(export_dir: str) -> None:
    """Make export dir (cell 4). Writes {export_dir}."""
    os.makedirs(export_dir, exist_ok=True)


@task(cache_policy=NO_CACHE, **RETRY_IO)
def load_orders() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Orders (cells 6-8).

    Returns (q1, q2). Reads data/sales_q1.csv and data/sales_q2.csv.
    """
    q1 = pd.read_csv("data/sales_q1.csv")
    show(q1.head(3), key="load-orders")

    q2 = pd.read_csv("data/sales_q2.csv")
    show(q2.head(3), key="load-orders-q2")

    print(len(q1), len(q2))
    return q1, q2


@task(cache_policy=NO_CACHE, **RETRY_IO)
def load_master_data() -> pd.DataFrame:
    """Master data (cell 10). Reads data/products.csv."""
    products = pd.read_csv("data/products.csv")
    products["category"] = products["category"].astype("category")
    show(products.sample(3, random_state=1), key="load-master-data")
    return products


@task(cache_policy=NO_CACHE, **RETRY_IO)
def load_stores() -> pd.DataFrame:
    """Master data (cell 11). Reads data/stores.csv."""
    # the stores file comes from another system: semicolons and nice headings
    stores = pd.read_csv("data/stores.csv", sep=";", parse_dates=["opened"])
    stores.columns = [c.lower().replace(" ", "_") for c in stores.columns]
    show(stores, key="load-stores")
    return stores


@task(cache_policy=NO_CACHE, **RETRY_IO)
def load_returns() -> pd.DataFrame:
    """Master data (cell 12). Reads data/returns.csv."""
    returns = pd.read_csv("data/returns.csv")
    show(returns.reason.value_counts(), key="load-returns")
    return returns


@task(cache_policy=NO_CACHE)
def transform_sales(
    q1: pd.DataFrame,
    q2: pd.DataFrame,
    returns: pd.DataFrame,
    products: pd.DataFrame,
    stores: pd.DataFrame,
    currency: str,
    min_qty: int,
) -> pd.DataFrame:
    """Transform (cells 15-17, 19-20)."""

    def to_number(text):
        """'12.50 EUR' -> 12.5"""
        return float(text.replace(currency, "").strip())

    def clean(df):
        df = df.drop_duplicates("order_id")
        df = df.dropna(subset=["sku"])
        df = df[df["qty"] >= min_qty].copy()
        df["sku"] = df["sku"].str.upper()
        df["price"] = df["price"].map(to_number)
        df["order_date"] = pd.to_datetime(df["order_date"])
        return df

    frames = []
    for quarter, df in [("Q1", q1), ("Q2", q2)]:
        before = len(df)
        df = clean(df)
        df["quarter"] = quarter
        frames.append(df)
        print(quarter, before, "->", len(df))

    orders = pd.concat(frames, ignore_index=True)
    assert orders.order_id.is_unique
    show(orders.dtypes, key="transform-sales")

    orders["returned"] = orders["order_id"].isin(returns["order_id"])
    orders["revenue"] = np.where(orders["returned"], 0, orders["qty"] * orders["price"])

    sales = orders.merge(products, on="sku", how="left").merge(
        stores.drop(columns="opened"), on="store_id", how="left"
    )
    sales["margin"] = sales["revenue"] - np.where(
        sales["returned"], 0, sales["qty"] * sales["unit_cost"]
    )
    show(
        sales[["order_id", "store_name", "product", "revenue", "margin"]].head(),
        key="transform-sales-head",
    )

    # anything that did not match?
    show(
        (sales["category"].isna().sum(), sales["region"].isna().sum()),
        key="transform-sales-2",
    )
    return sales


@task(cache_policy=NO_CACHE)
def summarise_monthly_figures(sales: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Monthly figures (cell 22). Returns (sales, monthly)."""
    sales = sales.copy()
    sales["month"] = sales["order_date"].dt.strftime("%Y-%m")
    monthly = sales.groupby(["month", "region"], as_index=False)[
        ["revenue", "margin"]
    ].sum()
    monthly["margin_pct"] = (100 * monthly["margin"] / monthly["revenue"]).round(1)
    show(monthly.head(), key="summarise-monthly-figures")
    return sales, monthly


@task(cache_policy=NO_CACHE, **RETRY_IO)
def write_return_rate(sales: pd.DataFrame, export_dir: str) -> Any:
    """Stores that return a lot (cell 24). Writes {export_dir}/return_rate.csv."""
    return_rate = (
        sales.groupby("store_name")["returned"]
        .mean()
        .sort_values(ascending=False)
        .rename("return_rate")
        .reset_index()
    )
    return_rate.to_csv(os.path.join(export_dir, "return_rate.csv"), index=False)
    show(return_rate.head(3), key="write-return-rate")
    return return_rate


@task(cache_policy=NO_CACHE)
def load_sales(
    sales: pd.DataFrame, monthly: pd.DataFrame, stores: pd.DataFrame, db_path: str
) -> tuple[dict, pd.DataFrame]:
    """Load (cells 26-29).

    Returns (counts, top_products). Not retried: running it twice would not be the same
    as once.
    """
    conn = sqlite3.connect(db_path)
    sales.to_sql("sales", conn, if_exists="replace", index=False)
    monthly.to_sql("monthly", conn, if_exists="replace", index=False)
    stores.to_sql("stores", conn, if_exists="replace", index=False)
    conn.commit()

    # count what arrived
    cur = conn.cursor()
    counts = {}
    for table in ["sales", "monthly", "stores"]:
        cur.execute(f"SELECT COUNT(*) FROM {table}")
        counts[table] = cur.fetchone()[0]
    show(counts, key="load-sales")

    top_products = pd.read_sql_query(
        """
    SELECT product, SUM(revenue) AS revenue, SUM(qty) AS pieces
    FROM sales WHERE returned = 0
    GROUP BY product ORDER BY revenue DESC LIMIT 10
    """,
        conn,
    )
    show(top_products, key="load-sales-top-products")

    conn.close()
    return counts, top_products


@task(cache_policy=NO_CACHE, **RETRY_IO)
def export_top_products(
    top_products: pd.DataFrame, monthly: pd.DataFrame, export_dir: str
) -> None:
    """Export (cells 31-32).

    Reads {export_dir}/*.csv. Writes {export_dir}/monthly_{region.lower()}.csv and
    {export_dir}/top_products.csv.
    """
    top_products.to_csv(os.path.join(export_dir, "top_products.csv"), index=False)
    for region, part in monthly.groupby("region"):
        part.to_csv(
            os.path.join(export_dir, f"monthly_{region.lower()}.csv"), index=False
        )

    written = sorted(
        os.path.basename(p) for p in glob(os.path.join(export_dir, "*.csv"))
    )
    print("\n".join(written))


@flow(
    name="sales-etl", log_prints=True, task_runner=ThreadPoolTaskRunner(max_workers=4)
)
def sales_etl(
    db_path: str = "out/sales.db",
    export_dir: str = "out",
    min_qty: int = 1,
    currency: str = "EUR",
) -> dict[str, Any]:
    """Takes the two quarterly exports of the shop system, cleans them, adds products
    and stores, and loads the result into the reporting database.

    Args:
        db_path: the reporting database (SQLite)
        export_dir: where the CSV exports go
        min_qty: lines with fewer pieces are entry errors
    """
    export_dir_made = make_export_dir.submit(export_dir)
    orders_loaded = load_orders.submit()
    products = load_master_data.submit()
    stores = load_stores.submit()
    returns = load_returns.submit()
    q1, q2 = orders_loaded.result()
    sales_transformed = transform_sales.submit(
        q1, q2, returns, products, stores, currency, min_qty
    )
    sales, monthly = summarise_monthly_figures.submit(sales_transformed).result()
    return_rate = write_return_rate.submit(
        sales, export_dir, wait_for=[export_dir_made]
    )
    counts, top_products = load_sales.submit(sales, monthly, stores, db_path).result()
    top_products_exported = export_top_products.submit(
        top_products, monthly, export_dir, wait_for=[return_rate]
    )
    top_products_exported.result()
    return {
        "stores": stores.result(),
        "sales": sales,
        "monthly": monthly,
        "return_rate": return_rate.result(),
        "counts": counts,
        "top_products": top_products,
    }


if __name__ == "__main__":
    sales_etl()
