"""Two notebooks, and faults to plant in the flows they become."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nb_to_flow import VerifyOptions
from nb_to_flow.ir.verification import What

VARIABLE, LINE, FILE, FIGURE, DISPLAY = What.VARIABLE, What.LINE, What.FILE, What.FIGURE, What.DISPLAY

# One task for each cell; only the standard library.
ROWS = (
    "import json\nfrom pathlib import Path",
    "# collect rows\nrows = [[1, 2], [3]]\nprint('collected', len(rows))",
    "# count before\nlengths = [len(row) for row in rows]",
    "# extend rows\nrows[0].append(9)\ntotal = sum(rows[0])\nprint('total', total)",
    "# save rows\nPath('rows.json').write_text(json.dumps(rows));",
    "# load rows\nloaded = json.loads(Path('rows.json').read_text())",
    "# write log\nwith open('log.txt', 'a') as log:\n    log.write(f'{total}\\n')\nlogged = True",
    "# count after\nlonger = [len(row) for row in rows]\nprint('longer', longer)\nprint('done')",
)
ROWS_FILES = {"rows.json": "[[0]]", "log.txt": "before\n"}

# Sources that begin with "## " are headings.
SHOP = (
    "limit = 40\nseed = 3",
    """\
import json
import random
import sqlite3
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.tree import DecisionTreeRegressor""",
    "## Load orders",
    "orders = pd.read_csv('orders.csv')\nprint('read', len(orders), 'orders')",
    "## Clean orders",
    """\
clean = orders[orders['price'] < limit]
clean = clean.sort_values('price').reset_index(drop=True)
clean['net'] = (clean['price'] / 1.19).round(4)
print('kept', len(clean))""",
    "## Totals",
    """\
totals = clean.groupby('region', as_index=False)['net'].sum()
print(totals['region'].tolist())
print('sum', round(totals['net'].sum(), 2))
totals.round(1)""",
    "## Flag returns",
    "orders['returned'] = orders['id'] % 7 == 0\nreturned = int(orders['returned'].sum())\norders['region'].unique().tolist()",
    "## Draw a sample",
    "random.seed(seed)\nsample = random.sample(clean['id'].tolist(), 5)",
    "## Draw again",
    "again = [random.random() for _ in range(3)]",
    "## Fit a model",
    "model = DecisionTreeRegressor(max_depth=3, random_state=0)\nmodel.fit(clean[['id']], clean['net']);",
    "## Write the report",
    """\
report = {'sum': round(totals['net'].sum(), 2), 'kept': len(clean)}
Path('report.json').write_text(json.dumps(report))
clean.to_csv('clean.csv', index=False)""",
    "## Plot totals",
    """\
fig, ax = plt.subplots()
ax.bar(totals['region'], totals['net'])
ax.set_title('Net by region')
plt.show()""",
    "## Journal",
    """\
journal = sqlite3.connect('journal.db')
journal.execute('create table runs (kept integer, total real)')
journal.execute('insert into runs values (?, ?)', (len(clean), report['sum']))
journal.commit()
journal.close()""",
)
_ORDERS = [f"{i},{('north', 'south', 'west')[i % 3]},{i * 37 % 53 + 0.5}" for i in range(60)]
SHOP_FILES = {"orders.csv": "\n".join(["id,region,price", *_ORDERS, "60,west,", ""])}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault and how it is to be found.

    Attributes:
        name: what was done to the flow.
        edits: each text that is replaced (it occurs once), and by what.
        what, found: one of the differences, at least.
        task: the task that is to be named first.
        cell: its cell, from 0.
        variable: the name that the first difference is to have, or None for any.
        only: an undisturbed run does not find it.
        options, parameters: how to verify.
    """

    name: str
    edits: tuple[tuple[str, str], ...]
    what: What
    found: str
    task: str
    cell: int | None = None
    variable: str | None = None
    only: bool = False
    options: VerifyOptions = field(default_factory=VerifyOptions)
    parameters: dict[str, Any] = field(default_factory=dict)


def edit(before: str, after: str) -> tuple[tuple[str, str], ...]:
    return ((before, after),)


IN_ROWS = [
    Fault(
        name="an older value is passed",
        edits=edit("compute_longer.submit(rows)", "compute_longer.submit(rows_collected)"),
        what=VARIABLE,
        found="longer",
        task="compute_longer",
        cell=7,
        variable="longer",
    ),
    Fault(
        name="an older value is written",
        edits=edit("save_rows.submit(rows)", "save_rows.submit(rows_collected)"),
        what=FILE,
        found="rows.json",
        task="save_rows",
        cell=4,
    ),
    Fault(
        name="a constant is changed",
        edits=edit(".append(9)", ".append(8)"),
        what=VARIABLE,
        found="total",
        task="compute_total",
        cell=3,
        variable="rows",
    ),
    Fault(
        name="a print is lost",
        edits=edit('    print("total", total)\n', ""),
        what=LINE,
        found="printed by compute_total",
        task="compute_total",
        cell=3,
    ),
    Fault(
        name="a print is added",
        edits=edit("    # count before\n", '    print("here")\n'),
        what=LINE,
        found="printed by compute_lengths",
        task="compute_lengths",
        cell=2,
    ),
    Fault(
        name="two prints are swapped",
        edits=edit(
            '    print("longer", longer)\n    print("done")\n',
            '    print("done")\n    print("longer", longer)\n',
        ),
        what=LINE,
        found="printed by compute_longer",
        task="compute_longer",
        cell=7,
    ),
    Fault(
        name="a list becomes a tuple",
        edits=edit("lengths = [len(row) for row in rows]", "lengths = tuple(len(row) for row in rows)"),
        what=VARIABLE,
        found="lengths",
        task="compute_lengths",
        cell=2,
        variable="lengths",
    ),
    Fault(
        name="a file is emptied before it is appended to",
        edits=edit('"log.txt", "a"', '"log.txt", "w"'),
        what=FILE,
        found="log.txt",
        task="write_log",
        cell=6,
    ),
    Fault(
        name="a file is read before it is written",
        edits=(
            ("    rows_saved = save_rows.submit(rows)\n", ""),
            (
                "    loaded = load_rows.submit(wait_for=[rows_saved])\n",
                "    loaded = load_rows.submit()\n    rows_saved = save_rows.submit(rows, wait_for=[loaded])\n",
            ),
        ),
        what=VARIABLE,
        found="loaded",
        task="load_rows",
        cell=5,
        variable="loaded",
    ),
    Fault(
        name="a reader does not wait for its writer",
        edits=edit("load_rows.submit(wait_for=[rows_saved])", "load_rows.submit()"),
        what=VARIABLE,
        found="loaded",
        task="load_rows",
        cell=5,
        variable="loaded",
        options=VerifyOptions(schedules=1),
    ),
    Fault(
        name="an input is changed while another task reads it",
        edits=edit("    rows = deepcopy(rows)\n", ""),
        what=VARIABLE,
        found="lengths",
        task="compute_lengths",
        cell=2,
        variable="lengths",
        options=VerifyOptions(schedules=1),
    ),
    Fault(
        name="an input is changed, and changed again by the second attempt",
        edits=(
            ("    rows = deepcopy(rows)\n", ""),
            (
                "lengths = compute_lengths.submit(rows_collected)",
                "lengths = compute_lengths.submit(rows_collected)\n    lengths.wait()",
            ),
        ),
        what=VARIABLE,
        found="total",
        task="compute_total",
        cell=3,
        variable="rows",
        only=True,
        options=VerifyOptions(retries=True),
    ),
    Fault(
        name="what appends is tried again",
        edits=edit(
            "@task(cache_policy=NO_CACHE)\ndef write_log",
            "@task(cache_policy=NO_CACHE, retries=2)\ndef write_log",
        ),
        what=FILE,
        found="log.txt",
        task="write_log",
        cell=6,
        only=True,
        options=VerifyOptions(retries=True),
    ),
]

IN_SHOP = [
    Fault(
        name="a factor is changed",
        edits=edit("/ 1.19", "/ 1.16"),
        what=VARIABLE,
        found="clean",
        task="clean_orders",
        cell=5,
        variable="clean",
    ),
    Fault(
        name="a value is rounded",
        edits=edit(".round(4)", ".round(3)"),
        what=VARIABLE,
        found="clean",
        task="clean_orders",
        variable="clean",
    ),
    Fault(
        name="rows are left in another order",
        edits=edit('clean.sort_values("price")', "clean"),
        what=VARIABLE,
        found="clean",
        task="clean_orders",
        variable="clean",
    ),
    Fault(
        name="a column is dropped",
        edits=edit(
            "    return clean, sample, again", '    return clean.drop(columns="price"), sample, again'
        ),
        what=VARIABLE,
        found="clean",
        task="clean_orders",
        variable="clean",
    ),
    Fault(
        name="missing values are filled",
        edits=edit('pd.read_csv("orders.csv")', 'pd.read_csv("orders.csv").fillna(99.0)'),
        what=VARIABLE,
        found="orders",
        task="load_orders",
        variable="orders",
    ),
    Fault(
        name="another dtype",
        edits=edit('int(orders["returned"].sum())', 'orders["returned"].sum()'),
        what=VARIABLE,
        found="returned",
        task="adjust_flag_returns",
        cell=9,
        variable="returned",
    ),
    Fault(
        name="the wrong frame is passed",
        edits=(
            ("    flag_returns_adjusted = adjust_flag_returns.submit(orders_loaded)\n", ""),
            (
                "    clean, sample, again = orders_cleaned.result()\n",
                (
                    "    clean, sample, again = orders_cleaned.result()\n"
                    "    flag_returns_adjusted = adjust_flag_returns.submit(clean)\n"
                ),
            ),
        ),
        what=VARIABLE,
        found="orders",
        task="adjust_flag_returns",
        cell=9,
        variable="orders",
    ),
    Fault(
        name="the random state is not handed on",
        edits=edit("    again = [", "    random.seed(seed)\n    again = ["),
        what=VARIABLE,
        found="again",
        task="clean_orders",
        cell=13,
        variable="again",
    ),
    Fault(
        name="the seed is forgotten",
        edits=edit("    random.seed(seed)\n", ""),
        what=VARIABLE,
        found="sample",
        task="clean_orders",
        cell=11,
        variable="sample",
    ),
    Fault(
        name="a model has another hyperparameter",
        edits=edit("max_depth=3", "max_depth=4"),
        what=VARIABLE,
        found="model",
        task="fit_model",
        cell=15,
        variable="model",
    ),
    Fault(
        name="a model is fitted to other data",
        edits=edit("fit_model.submit(clean)", "fit_model.submit(clean.head(20))"),
        what=VARIABLE,
        found="model",
        task="fit_model",
        variable="model",
    ),
    Fault(
        name="a file is not written",
        edits=edit('    clean.to_csv("clean.csv", index=False)\n', ""),
        what=FILE,
        found="clean.csv",
        task="write_report",
        cell=17,
    ),
    Fault(
        name="a file is written with other columns",
        edits=edit('clean.to_csv("clean.csv", index=False)', 'clean.to_csv("clean.csv")'),
        what=FILE,
        found="clean.csv",
        task="write_report",
        cell=17,
    ),
    Fault(
        name="a database gets another row",
        edits=edit('(len(clean), report["sum"])', '(len(clean), int(report["sum"]))'),
        what=FILE,
        found="journal.db",
        task="compute_journal",
        cell=21,
    ),
    Fault(
        name="a figure is drawn differently",
        edits=edit("Net by region", "Net per region"),
        what=FIGURE,
        found="figure 1",
        task="plot_totals",
        cell=19,
    ),
    Fault(
        name="a figure is not shown",
        edits=edit('    publish_figures("plot-totals")\n', ""),
        what=FIGURE,
        found="figure 1",
        task="plot_totals",
        cell=19,
    ),
    Fault(
        name="a displayed table is lost",
        edits=edit('    show(totals.round(1), key="summarise-totals")\n', ""),
        what=DISPLAY,
        found="shown by cell 8",
        task="summarise_totals",
        cell=7,
    ),
    Fault(
        name="a displayed table shows something else",
        edits=edit("totals.round(1)", "totals.round(2)"),
        what=DISPLAY,
        found="shown by cell 8",
        task="summarise_totals",
        cell=7,
    ),
    Fault(
        name="a displayed text shows something else",
        edits=edit(".unique().tolist()", ".unique().tolist()[::-1]"),
        what=DISPLAY,
        found="shown by cell 10",
        task="adjust_flag_returns",
        cell=9,
    ),
    Fault(
        name="a default is changed",
        edits=edit("limit: int = 40", "limit: int = 41"),
        what=VARIABLE,
        found="clean",
        task="clean_orders",
        variable="clean",
    ),
    Fault(
        name="a parameter is ignored",
        edits=edit('orders["price"] < limit', 'orders["price"] < 40'),
        what=VARIABLE,
        found="clean",
        task="clean_orders",
        variable="clean",
        parameters={"limit": 20},
    ),
]
