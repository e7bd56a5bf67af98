"""Plans whose modules are kept as golden files and run by Prefect."""

from __future__ import annotations

from nb_to_flow.ir.facts import Access, Effect, ResourceKind
from nb_to_flow.ir.plan import Copy, CopyKind, FlowPlan, Parameter
from tests.generate.plans import PYPLOT, parameter_result, plan, result, task


def orders() -> FlowPlan:
    """Two branches that meet, an input changed in place, many outputs, parameters, a retry."""
    cells = [
        "import pandas as pd\nimport json  # unused",
        "region = 'EU'\nfactor = 2",
        "orders = pd.DataFrame({'amount': [1, 2, 3]})\norders.head()",
        "# Names come from the office.\nnames = ['a', 'b']",
        "orders['total'] = orders.amount * factor  # in place",
        "low, mid, high = 1, 2, 3\ntop = max(names)\nregion_name = f'in {region}'\n",
        "print(len(orders), low + high, top)",
    ]
    frame = "pandas.DataFrame"
    tasks = [
        task("load_orders", [4, 5], f"-> orders: {frame}", retry=True, notes=("Reads orders.csv.",)),
        task("list_names", [6], "-> names: list"),
        task(
            "price_orders",
            [7],
            f"orders: {frame} from load_orders, factor: int -> orders: {frame}",
            copies=(Copy(names=("orders",), kind=CopyKind.METHOD),),
            title="Prices",
        ),
        task(
            "summarise_names",
            [8, 9, 10],
            "names: list from list_names, region: str -> low: int, mid: int, high: int, top: str, region_name: str",
        ),
        task(
            "print_totals",
            [11],
            f"orders: {frame} from price_orders, low: int from summarise_names, high: int from summarise_names,"
            " top: str from summarise_names ->",
            after=("list_names",),
        ),
    ]
    return plan(
        cells,
        tasks,
        name="orders",
        title="Orders",
        description="What was ordered where.",
        parameters=(
            Parameter(
                name="region", annotation="str", default="'EU'", description="sales region", statement=2
            ),
            Parameter(name="factor", annotation="int", default="2", statement=3),
        ),
        results=(
            result("orders", "price_orders"),
            *(result(n, "summarise_names") for n in ("low", "mid", "high", "top", "region_name")),
            parameter_result("region"),
        ),
    )


def figures() -> FlowPlan:
    """Drawings, partial lines, a hoisted definition, settings, a value that can't be pickled, ordering."""
    cells = [
        "import matplotlib.pyplot as plt\nimport itertools\nplt.rcParams['figure.dpi'] = 50",
        'def draw(values):\n    """Draw\n    twice."""\n    plt.plot(values)\n    plt.show()\n    plt.plot(values)',
        "for i in range(3):\n    print(i, end=' ')",
        "draw([1, 2])\nprint('drawn')",
        "counter = itertools.count(5)",
        "first = next(counter)\nfirst",
        "fig, ax = plt.subplots()\nax.plot([1, first])\nfig",
    ]
    return plan(
        cells,
        [
            task("count_up", [4], "->"),
            task("draw_values", [5, 6], "->", figures=(6,), after=("count_up",)),
            task("make_counter", [7], "-> counter", in_process=True),
            task("take_first", [8, 9], "counter from make_counter -> first: int", in_process=True),
            task(
                "plot_first",
                [10, 11, 12],
                "first: int from take_first ->",
                figures=(12,),
                after=("draw_values",),
            ),
        ],
        effects=dict.fromkeys((5, 10, 11), (PYPLOT,)) | {2: (_SETTING,)},
        name="figures",
        settings=(2,),
        definitions=(3,),
        results=(result("first", "take_first"),),
        more={"calls": {5: frozenset({"draw"})}},
    )


_SETTING = Effect(kind=ResourceKind.AMBIENT, access=Access.WRITE, name="matplotlib")


def states() -> FlowPlan:
    """A generator's state handed on, nonlocal names, globals, awaiting, settings without definitions."""
    cells = [
        "import sys\nimport random\nimport asyncio",
        "sys.setrecursionlimit(2345)",
        "random.seed(7)\na = random.random()",
        "b = random.random()",
        "count = 0\ndef bump():\n    global count\n    count += 1\nbump()",
        "exec('made = 3')\nseen = made",
        "await asyncio.sleep(0)\nlimit = sys.getrecursionlimit()",
    ]
    return plan(
        cells,
        [
            task("seed_draw", [4, 5], "-> a: float, random_state", returns_states=("random",)),
            task(
                "draw_more",
                [6],
                "random_state from seed_draw -> b: float, random_state",
                restores=("random",),
                returns_states=("random",),
            ),
            task("bump_count", [7, 8, 9], "-> count: int", nonlocals={8: ("count",)}),
            task("run_code", [10, 11], "count: int from bump_count -> seen", uses_globals=True),
            task("read_limit", [12, 13], "-> limit: int", is_async=True),
        ],
        name="states",
        settings=(3,),
        results=(
            result("a", "seed_draw"),
            result("b", "draw_more"),
            result("count", "bump_count"),
            result("seen", "run_code"),
            result("limit", "read_limit"),
        ),
    )


SAMPLES = {"orders": orders, "figures": figures, "states": states}
