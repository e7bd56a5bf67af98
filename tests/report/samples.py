"""Small graphs and plans, made by hand: what the report functions are tried on."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from nb_to_flow.ir.facts import Facts, Sharing, StatementFacts
from nb_to_flow.ir.graph import CellEdge, Edge, EdgeKind, NotebookGraph
from nb_to_flow.ir.notebook import Cell, CellKind, Notebook, Statement
from nb_to_flow.ir.plan import FlowPlan, Input, Output, Parameter, Source, SourceKind, Step, TaskPlan
from nb_to_flow.ir.spans import Span


def notebook_of(sources: Sequence[str], path: str = "nb/legacy.ipynb") -> Notebook:
    """A notebook with these code cells, one statement each top-level node."""
    cells = tuple(Cell(index=i, kind=CellKind.CODE, source=s) for i, s in enumerate(sources))
    statements: list[Statement] = []
    for cell in cells:
        for node in ast.parse(cell.source).body:
            code = ast.get_source_segment(cell.source, node) or ""
            span = Span(cell=cell.index, line=node.lineno, end_line=node.end_lineno or node.lineno)
            lines = tuple(range(span.line, span.end_line + 1))
            inner = ast.parse(code).body[0]
            statements.append(
                Statement(index=len(statements), span=span, code=code, node=inner, line_map=lines)
            )
    return Notebook(path=path, sha256="0" * 64, cells=cells, statements=tuple(statements))


def graph_of(notebook: Notebook, edges: Sequence[tuple[int, int, str, EdgeKind]]) -> NotebookGraph:
    """A graph with these edges between statements."""
    facts = Facts(
        notebook=notebook,
        statements=tuple(StatementFacts(statement=s.index) for s in notebook.statements),
        sharing=Sharing(bound={}, holds={}),
    )
    found = tuple(
        Edge(
            source=s,
            target=t,
            kind=kind,
            names=(name,),
            source_line=notebook.statements[s].span.line,
            target_line=notebook.statements[t].span.line,
            passes=kind is EdgeKind.DATA,
        )
        for s, t, name, kind in edges
    )
    cells = tuple(
        CellEdge(
            source=notebook.statements[e.source].cell,
            target=notebook.statements[e.target].cell,
            kind=e.kind,
            names=e.names,
            certain=e.certain,
        )
        for e in found
    )
    return NotebookGraph(facts=facts, edges=found, cell_edges=cells)


def plan_of(
    graph: NotebookGraph, tasks: dict[str, Sequence[int]], parameters: Sequence[int] = (), **fields: object
) -> FlowPlan:
    """A plan with these tasks, given by the statements they hold."""
    statements = graph.facts.notebook.statements
    planned = tuple(
        TaskPlan(
            name=name,
            cells=tuple(sorted({statements[i].cell for i in members})),
            steps=tuple(Step(statement=i) for i in members),
            inputs=(Input(name="df", type="", source=Source(kind=SourceKind.PARAMETER, name="df")),),
            outputs=(Output(name="df", type=""),),
            notes=("Reads data.csv.",),
        )
        for name, members in tasks.items()
    )
    named = tuple(
        Parameter(name=f"p{i}", annotation="int", default="1", description="how many", statement=i)
        for i in parameters
    )
    return FlowPlan(facts=graph.facts, name="legacy", tasks=planned, parameters=named, **fields)  # type: ignore[arg-type]


def churn() -> tuple[NotebookGraph, FlowPlan]:
    """A training notebook in small: two sources, features, three branches, files and a seed."""
    sources = [
        "import pandas as pd",
        "np.random.seed(0)",
        "region = 'EU'",
        "customers = pd.read_csv('data/customers.csv', parse_dates=['signup'])",
        "orders = pd.read_csv('data/orders.csv')\nprint(len(orders), 'orders')",
        "customers = customers[customers.region == region]",
        "orders = flag(orders, 'refund')",
        "per_customer = orders.groupby('customer_id').agg(n=('order_id', 'count'), last=('date', 'max'))",
        "table = customers.merge(per_customer, on='customer_id')\ntable['churned'] = table.idle_days > 90",
        "by_plan = table.groupby('plan').spent.mean()\nplt.savefig('spending.png')",
        "X = pd.get_dummies(table[['age', 'n']])\ny = table['churned']",
        "model = RandomForestClassifier().fit(X, y)",
        "table['risk'] = model.predict_proba(X)[:, 1]",
        "table.to_csv('risk.csv')",
        "report = open('risk.csv').read()",
    ]
    notebook = notebook_of(sources)
    at = {s.cell: s.index for s in notebook.statements}
    data, file, state = EdgeKind.DATA, EdgeKind.FILE, EdgeKind.STATE
    rows = [
        (2, 5, "region", data), (3, 5, "customers", data), (4, 6, "orders", data), (6, 7, "orders", data),
        (5, 8, "customers", data), (7, 8, "per_customer", data), (8, 9, "table", data), (8, 10, "table", data),
        (1, 11, "numpy.random", state), (10, 11, "X", data), (10, 11, "y", data), (11, 12, "model", data),
        (10, 12, "X", data), (8, 12, "table", data), (9, 12, "table", state), (12, 13, "table", data),
        (13, 14, "risk.csv", file),
    ]  # fmt: skip
    graph = graph_of(notebook, [(at[s], at[t], name, kind) for s, t, name, kind in rows])
    cells: dict[int, list[int]] = {}
    for statement in notebook.statements:
        cells.setdefault(statement.cell, []).append(statement.index)
    tasks = {
        "load_customers": [3],
        "load_orders": [4],
        "clean_customers": [5],
        "clean_orders": [6],
        "build_features": [7, 8],
        "spending_by_plan": [9],
        "train_model": [1, 10, 11],
        "write_risk": [12, 13],
        "read_report": [14],
    }
    statements = {name: [i for c in members for i in cells[c]] for name, members in tasks.items()}
    return graph, plan_of(graph, statements, parameters=cells[2], imports=(0,))
