"""English enough for names: which words are verbs, and what calls say about a task."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _pairs(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(pair.split()) for pair in text.split(","))


VERBS = _words(
    """
    access add adjust aggregate analyse analyze annotate append apply assess assign bin build calculate calibrate
    change check choose classify clean cluster collect combine compare compute configure convert correct count
    create cross customise customize cut deal decompose define demonstrate derive describe detect determine
    diagnose discretize display download draw drop encode engineer estimate evaluate examine exclude explore export
    extract fetch fill filter find fit fix flatten forecast format generalise generalize generate get give group handle identify illustrate
    implement import impute improve infer init initialise initialize inspect install instantiate interpolate
    interpret introduce invert investigate iterate join keep label list load locate make manipulate map mark mask
    match measure merge modify motivate normalise normalize obtain optimise optimize parse perform pick pivot plot predict
    prepare preprocess print process project prune rank read recode reduce remove rename reorder replace report
    rescale reset reshape resample retrieve reverse rotate run sample save scale score scrape search select send
    separate set show shuffle simplify simulate slice smooth solve sort specify split standardise standardize stem
    store stratify study sum summarise summarize tag test tidy tokenize track train transform translate transpose
    try tune understand unstack update use validate vary vectorize verify view visualise visualize weight write
    """
)
NOUNS = {
    "aggregation": "aggregate",
    "analysis": "analyse",
    "calculation": "calculate",
    "classification": "classify",
    "comparison": "compare",
    "computation": "compute",
    "conversion": "convert",
    "creation": "create",
    "decomposition": "decompose",
    "estimation": "estimate",
    "evaluation": "evaluate",
    "exploration": "explore",
    "extraction": "extract",
    "imputation": "impute",
    "initialisation": "initialise",
    "initialization": "initialize",
    "inspection": "inspect",
    "interpretation": "interpret",
    "normalization": "normalize",
    "optimization": "optimize",
    "prediction": "predict",
    "predictions": "predict",
    "preparation": "prepare",
    "selection": "select",
    "simulation": "simulate",
    "simulations": "simulate",
    "standardization": "standardize",
    "summary": "summarise",
    "transformation": "transform",
    "validation": "validate",
    "visualisation": "visualise",
    "visualization": "visualize",
    "visualizations": "visualize",
}
# Verbs by their form, but nouns together with what follows.
COMPOUNDS = _pairs(
    """
    cross entropy, cross product, cross section, cross tabulation, cross validate, cross validated,
    cross validation, display name, estimate bias, filter bank, label encoder, list comprehension,
    list comprehensions, list methods, map projection, mask layer, process model, rank correlation,
    sample mean, sample size, sample sizes, sample space, sample statistics, sample variance, scale factor,
    scaling law, score distribution, score function, search space, set operations, set theory,
    simulated annealing, state space, sum product, test data, test error, test predictions, test results,
    test score, test set, test statistic, test statistics, testing data, testing set, train data,
    train set, training curve, training curves, training data, training error, training loss, training set,
    track record, use case, use cases, weight matrix, weight vector, weighting function
    """
)
QUESTIONS = _words("what which who whom whose why how when where is are do does can should")
SMALL = _words(
    """
    the a an as of and or to our my your this that these those we us let lets i it its some just simply very
    how what here there more
    """
)
# Nothing at a phrase's start.
FILLERS = _words(
    """
    also and finally first firstly second secondly third thirdly last lastly next now then again how to let lets try some bonus optional optionally extra
    """
)
# ... nor after a question's first word.
AUXILIARIES = _words("do does did is are was were can could should would will may might we you i they")
# "Example 2: ..." is about what follows.
LABELS = _words(
    """
    answer appendix approach case chapter example examples exercise experiment idea lesson method note option part
    phase problem puzzle q question scenario section solution stage step task topic version
    """
)
# What it is done with, on, from ...: details that a name may leave out.
PREPOSITIONS = _words(
    """
    about across after against along among around at based because before between by during for from in inside
    into like on onto over through to toward towards under until upon using via when while with within without
    """
)
RELATIVES = _words(
    "that which who whom whose where if so called named given since should is are was were has have"
)

# Variables whose names tell nothing of a task.
WEAK = _words(
    """
    arr array data df dataset frame i j k list lst n num number obj out output res result results ret rng string
    temp test tmp val value values var
    """
)

# What is called, and the verb it earns; the first that fits counts.
CALLS: tuple[tuple[str, frozenset[str]], ...] = (
    ("train", _words("fit train fit_generator partial_fit GridSearchCV RandomizedSearchCV fit_predict")),
    (
        "evaluate",
        _words(
            """
            accuracy_score balanced_accuracy_score classification_report confusion_matrix cross_val_predict
            cross_val_score cross_validate evaluate f1_score mean_absolute_error mean_squared_error precision_score
            r2_score recall_score roc_auc_score score silhouette_score
            """
        ),
    ),
    ("predict", _words("predict predict_proba forecast get_forecast")),
    (
        "load",
        _words(
            """
            read_csv read_excel read_json read_sql read_sql_query read_parquet read_table read_pickle read_html
            read_feather load_dataset loadtxt genfromtxt load_iris fetch_openml urlopen
            """
        ),
    ),
    ("write", _words("to_csv to_excel to_json to_parquet to_sql to_pickle dump savetxt")),
    ("make", _words("makedirs mkdir")),
    ("split", _words("train_test_split")),
    ("transform", _words("fit_transform inverse_transform")),
    ("encode", _words("get_dummies OneHotEncoder LabelEncoder")),
    (
        "test",
        _words(
            "ttest_ind ttest_1samp ttest_rel chi2_contingency chisquare f_oneway shapiro mannwhitneyu kstest"
        ),
    ),
    ("merge", _words("merge concat join")),
    ("summarise", _words("groupby agg pivot_table crosstab describe value_counts resample")),
    (
        "plot",
        _words(
            """
            plot hist scatter bar barh boxplot heatmap pairplot distplot countplot imshow subplots figure show
            savefig pie lineplot scatterplot barplot histplot kdeplot
            """
        ),
    ),
    ("clean", _words("dropna fillna drop_duplicates replace astype rename drop")),
    ("solve", _words("solve solveset linsolve nsolve dsolve lstsq fsolve")),
    (
        "find",
        _words("min max idxmax idxmin argmax argmin nlargest nsmallest minimize minimize_scalar brentq"),
    ),
    ("sort", _words("sort_values sort_index sorted sort")),
)
