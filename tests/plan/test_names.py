"""How headings, comments and code become names of tasks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nb_to_flow.ir.notebook import CellKind
from nb_to_flow.plan.comments import named_by
from nb_to_flow.plan.phrases import LONGEST, joined, stem
from nb_to_flow.plan.sections import Heading, headings
from nb_to_flow.plan.titles import flow_texts
from tests.plan.plans import graph_of, plan_of


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Load the data", "load_data"),
        ("Data cleaning", "clean_data"),
        ("Adding columns", "add_columns"),
        ("Spending by plan", "spending_by_plan"),
        ("Movements since the count", "movements_since_count"),
        ("Überblick", "uberblick"),
        ("Exploratory Data Analysis (EDA)", "explore_data"),
        # a verb by its form only
        ("Sample size", "sample_size"),
        ("Sample the orders", "sample_orders"),
        ("Training set", "training_set"),
        ("Training the model", "train_model"),
        # details are left out, but not what makes sense of the rest
        ("Cluster the data with k-means", "cluster_data"),
        ("Create a table that should look like the one below", "create_table"),
        ("Plot data to estimate the number of clusters", "plot_data"),
        ("Evaluate the clusters and compare species", "evaluate_clusters"),
        ("Remove or impute missing values from the age column", "remove_or_impute_missing_values"),
        ("Estimate the number of clusters", "estimate_number_clusters"),
        ("What does the data look like?", "data_look"),
        ("How many people survived", "many_people_survived"),
        # adverbs and labels
        ("Visually evaluate the clusters", "evaluate_clusters"),
        ("Finally, plot the residuals", "plot_residuals"),
        ("Experiment 1: constant rate", "constant_rate"),
        ("Approach 1: loop", "approach_1_loop"),
        ("Baseline: logistic regression", "baseline_logistic_regression"),
    ],
)
def test_headings_as_names(title: str, name: str) -> None:
    assert stem(title) == name


def test_a_whole_heading_keeps_its_details() -> None:
    title = "Cluster the data with k-means and with whatever else can be found in the library of the town"
    assert stem(title, whole=True).startswith("cluster_data_k_means")
    assert len(stem(title, whole=True)) <= LONGEST


@pytest.mark.parametrize(
    ("verb", "thing", "name"),
    [
        ("train", "modelA", "train_model_a"),
        ("load", "load_data", "load_data"),
        ("plot", "scatter_plot", "plot_scatter"),
        ("plot", "plot", "plot"),
    ],
)
def test_joined_words(verb: str, thing: str, name: str) -> None:
    assert joined(verb, thing) == name


@pytest.mark.parametrize(
    ("comment", "name"),
    [
        ("# Training the model with all rows", "train_model"),
        ("# Find the best depth for the tree", "find_best_depth"),
        ("#### load data", "load_data"),
        # not said as something to do, too vague, too short, too long, or code
        ("# the model", ""),
        ("# use a model", ""),
        ("# plot", ""),
        ("# fit x y z a b c", ""),
        ("# fit = model.fit(X)", ""),
        ("x = 1  # train model", ""),
    ],
)
def test_names_from_comments(comment: str, name: str) -> None:
    assert named_by([f"{comment}\nx = 1"]) == name


@pytest.mark.parametrize(
    ("heading", "name"),
    [("Solution", "solve_exercise_2"), ("Example 3", "solve_exercise_2"), ("Newton", "find_newton")],
)
def test_headings_that_say_nothing_give_way_to_those_above(heading: str, name: str) -> None:
    cells = (
        "# md\n# Title",
        "x = 1",
        "# md\n## Solve exercise 2",
        f"# md\n### {heading}",
        "largest = max([3, x])\nprint(largest)",
    )
    assert [t.name for t in plan_of(*cells, outputs="auto").tasks][-1] == name


@pytest.mark.parametrize(
    ("above", "heading", "title"),
    [
        ("Exercise 7.1", "Solution", "Exercise 7.1"),
        ("Prices", "Example 2", "Prices"),
        ("Prices", "Solution to 3", "Solution to 3"),
        ("Prices", "Setup", "Setup"),
    ],
)
def test_an_answer_belongs_to_the_heading_before_it(above: str, heading: str, title: str) -> None:
    cells = (
        "# md\n# Title",
        f"# md\n## {above}",
        "x = max([2, 1])\nprint(x)",
        f"# md\n## {heading}",
        "largest = min([3, 4])\nprint(largest)",
    )
    plan = plan_of(*cells, outputs="auto", granularity="section")
    assert [t.title for t in plan.tasks] == [above, title]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("# One #\ntext\n### Two", [(1, "One"), (3, "Two")]),
        ("```\n# no heading\n```\n#no heading", []),
        ("One\n===\n\nTwo\n---\ntext", [(1, "One"), (2, "Two")]),
        ("text\nmore\n---\n\n---\n| a |\n|---|", []),
        (
            '<h1 style="x">Load <i>data</i></h1>\n# Then\n<H2>Last\none</H2>',
            [(1, "Load data"), (1, "Then"), (2, "Last one")],
        ),
        ("<h2></h2>", []),
    ],
)
def test_headings(source: str, found: list[tuple[int, str]]) -> None:
    notebook = graph_of("x = 1").facts.notebook
    cell = replace(notebook.cells[0], kind=CellKind.MARKDOWN, source=source)
    assert [(h.level, h.text) for h in headings(replace(notebook, cells=(cell,)))] == found


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("a/Sales_ETL - v2.ipynb", "Sales ETL - v2"),
        ("iris-KNN.ipynb", "Iris KNN"),
        ("TrainTestSplit.ipynb", "TrainTestSplit"),
    ],
)
def test_without_a_first_heading_the_file_gives_the_title(path: str, title: str) -> None:
    assert flow_texts(path, (), {}, 0) == (title, "")


@pytest.mark.parametrize(
    ("under", "description"),
    [
        ("It adds *all* of\nthem up.\n\nMore.", "It adds all of them up."),
        ("It has parts:\n\n- one", ""),
        ("It is _long_. Its sum is given by\n\n$$x$$", "It is long."),
        ("Here we look at\n\n$$x$$", ""),
        (
            "A study of `ar_select_order` and **its** [friends](http://x.y)",
            "A study of ar_select_order and its friends",
        ),
    ],
)
def test_the_paragraph_under_the_title_is_the_description(under: str, description: str) -> None:
    heading = Heading(cell=0, level=1, text="Sums")
    assert flow_texts("a.ipynb", [heading], {0: f"# Sums\n{under}"}, 0) == ("Sums", description)


def test_a_heading_above_few_of_its_cells_is_no_tasks_title() -> None:
    scale = "high = df.a.max()\nlow = df.a.min()\nscaled = (df.a - low) / (high - low)\nprint(scaled.mean())\nprint(scaled)"
    plan = plan_of(
        "import pandas as pd",
        "df = pd.read_csv('a.csv')",
        "print(df.head())",
        "df['b'] = df.a * 2",
        "print(df.describe())",
        "# md\n## Scale",
        scale,
        "# md\n## Totals",
        "df.sum()",
    )
    assert [(task.cells, task.title) for task in plan.tasks] == [((1, 2, 3, 4, 8), ""), ((6,), "Scale")]


@pytest.mark.parametrize(
    ("levels", "first_code", "title"),
    [
        ([(0, 1), (4, 1)], 1, "H0"),
        ([(0, 2), (1, 1)], 2, "H1"),
        ([(3, 1)], 0, "H3"),
        ([(0, 2), (4, 1)], 1, "A"),
        ([(0, 2), (4, 3)], 1, "A"),
    ],
)
def test_a_first_heading_in_the_midst_is_no_title(
    levels: list[tuple[int, int]], first_code: int, title: str
) -> None:
    found = [Heading(cell=cell, level=level, text=f"H{cell}") for cell, level in levels]
    assert flow_texts("a.ipynb", found, {}, first_code)[0] == title


_TABLE = ("import pandas as pd", "# md\n## Table", "table = pd.read_csv('table.csv')\ntable.head()")


@pytest.mark.parametrize(
    ("heading", "code", "name"),
    [
        # what a heading doesn't say, the calls do
        ("Regions", "regions = table.groupby('region').size()", "summarise_regions"),
        ("Regions", "table.groupby('region').size().plot()\nplt.title('a')\nplt.show()", "plot_regions"),
        ("Regions", "table.region.describe()", "explore_regions"),
        ("Accuracy", "accuracy = accuracy_score(table.a, table.b)", "evaluate_accuracy"),
        ("Train/test split", "X_train, X_test = train_test_split(table)", "split_train_test"),
        ("Which one", "X_test = table[:3]\nforest = RandomForestClassifier().fit(X_test)", "train_forest"),
        ("Forest", "forest = RandomForestClassifier().fit(table)", "train_forest"),
        ("Enough", "enough = min(n for n in table.n if n)", "find_enough"),
        ("Rows", "rows = len(table)", "compute_rows"),
        # what is added to a table given
        ("Risk", "table['risk'] = RandomForestClassifier().predict(table)", "predict_risk"),
        ("Which part", "table['part'] = table['part'] / 3", "adjust_table"),
        ("Which share", "table['share'] = table.n / 3", "compute_share"),
        # a question is answered by what comes out
        ("Which one", "best = table.index[0]\nbest", "find_best"),
        ("Which one", "total = table.n.sum()\ntotal", "compute_total"),
        # a verb of its own
        ("Which rows", "# keep the large rows\nlarge = table[table.n > 3]", "keep_large_rows"),
        ("Check the rows", "rows = len(table)", "check_rows"),
    ],
)
def test_verbs(heading: str, code: str, name: str) -> None:
    imports = "import matplotlib.pyplot as plt\nfrom sklearn.ensemble import RandomForestClassifier"
    scores = "from sklearn.metrics import accuracy_score"
    cells = (
        f"{imports}\n{scores}",
        *_TABLE,
        f"# md\n## {heading}",
        code,
        "# md\n## End",
        "print(len(table))",
    )
    assert plan_of(*cells, granularity="section").tasks[1].name == name


def test_models_of_other_libraries_are_fitted() -> None:
    cells = (
        "import statsmodels.formula.api as smf",
        *_TABLE,
        "# md\n## Trend",
        "trend = smf.ols('a ~ b', table).fit()",
    )
    assert plan_of(*cells, granularity="section").tasks[1].name == "fit_trend"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("orders = pd.read_csv('data/x1.csv')", "load_orders"),
        ("df = pd.read_csv('data/orders.csv')", "load_orders"),
        ("df = pd.read_csv('https://example.com/9f7e6d/')", "load_data"),
    ],
)
def test_weak_variables_give_way_to_files(code: str, name: str) -> None:
    assert plan_of("import pandas as pd", code, "print(1)").tasks[0].name == name


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("Mean of the sales", "Mean of the sales"),
        (
            "The mean of the sales of every shop that was open in the year (those that closed are left out)",
            "The mean of the sales of every shop that was open in the year",
        ),
        (
            "Find the mean of the sales of every shop in town and of the others and print it",
            "Find the mean of the sales of every shop in town and of the others",
        ),
        (
            "What the sales of shops were: only those that are open count in the mean",
            "What the sales of shops were",
        ),
    ],
)
def test_long_headings_end_at_a_word(heading: str, title: str) -> None:
    cells = ("# md\n# Sales", "sales = [1, 2]", f"# md\n## {heading}", "mean = sum(sales) / 2\nprint(mean)")
    assert [t.title for t in plan_of(*cells).tasks] == [title]


def test_groups_under_one_heading_have_names_of_their_own() -> None:
    cells = (*_TABLE, "# md\n## Limits", "low = table.n.mean()\nlow", "high = table.n.sum() / 2\nhigh")
    names = [t.name for t in plan_of(*cells, granularity="cell").tasks]
    assert len(set(names)) == 3
    assert not any(name[-1].isdigit() for name in names)


@pytest.mark.parametrize(("function", "name"), [("rake", "rake_weights"), ("weigh", "compute_raking")])
def test_a_gerund_is_the_verb_of_the_function_it_names(function: str, name: str) -> None:
    code = f"def {function}(t):\n    return t.n * 2\n\nweights = {function}(table)"
    assert plan_of(*_TABLE, "# md\n## Raking", code, granularity="section").tasks[1].name == name
