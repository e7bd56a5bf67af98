"""English enough for names: which words are verbs, and what calls say about a task."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 40


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VERBS = _words(
    """
    add aggregate analyse analyze append apply assess assign bin build calculate check choose clean cluster
    collect combine compare compute configure convert count create cross cut define derive describe detect
    determine display download draw drop encode engineer estimate evaluate examine explore export extract
    fetch fill filter find fit fix forecast format generate get give group handle identify impute import
    inspect install investigate join keep list load make map match measure merge normalise normalize
    optimise optimize parse perform pick plot predict prepare preprocess print process rank read reduce remove
    rename replace report rescale reshape resample run sample save scale score scrape search select send set
    show simulate smooth solve sort split standardize study sum summarise summarize tag test tidy train
    transform try tune understand update use validate vary view visualise visualize weight write
    """
)
_NOUNS = {
    "aggregation": "aggregate",
    "analysis": "analyse",
    "calculation": "calculate",
    "comparison": "compare",
    "computation": "compute",
    "evaluation": "evaluate",
    "exploration": "explore",
    "extraction": "extract",
    "imputation": "impute",
    "inspection": "inspect",
    "normalization": "normalize",
    "optimization": "optimize",
    "prediction": "predict",
    "predictions": "predict",
    "preparation": "prepare",
    "selection": "select",
    "simulation": "simulate",
    "summary": "summarise",
    "transformation": "transform",
    "validation": "validate",
    "visualisation": "visualise",
    "visualization": "visualize",
}
QUESTIONS = _words("what which who whom whose why how when where is are do does can should")
_SMALL = _words("the a an of and or to for in on with from our my your this that we us let lets i it its as")

_LOOKING = re.compile(
    r"^(let ?s |lets )?((have|take) )?(a )?((first|quick|closer|brief|short) )?looks? (at|into|for) "
)

# What is called, and the verb it earns; the first that fits counts.
CALLS: tuple[tuple[str, frozenset[str]], ...] = (
    ("train", _words("fit fit_transform train fit_generator GridSearchCV cross_val_score")),
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
)


def stem(title: str) -> str:
    """A heading as snake case without small words, its verb first if it has one; "" if nothing is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    plain = _LOOKING.sub("", plain.replace("'", ""))
    every = re.findall(r"[a-z0-9]+", plain)
    words = [w for k, w in enumerate(every) if w not in _SMALL or _joins_verbs(every, k)]
    while words and (words[0].isdigit() or words[0] == "by"):
        words.pop(0)
    found = ""
    for word in _verb_first(words):
        if len(found) + len(word) + 1 > LONGEST:
            break
        found = f"{found}_{word}" if found else word
    return found[:LONGEST].removesuffix("_and")


def _joins_verbs(words: list[str], position: int) -> bool:
    """True for the "and" of "train and test"."""
    around = words[max(position - 1, 0) : position + 2]
    return words[position] == "and" and len(around) == 3 and {around[0], around[2]} <= VERBS


def _verb_first(words: list[str]) -> list[str]:
    """["adding", "columns"] is ["add", "columns"], ["data", "cleaning"] is ["clean", "data"]."""
    if not words:
        return words
    verb = _as_verb(words[0])
    if verb and words != ["summary"]:
        return [verb, *words[1:]]
    verb = _as_verb(words[-1])
    if verb and verb != words[-1] and 1 < len(words) < 4:
        return [verb, *words[:-1]]
    return words


def _as_verb(word: str) -> str:
    """The verb itself, or that of a gerund or noun, or ""."""
    if word in VERBS:
        return word
    if word in _NOUNS:
        return _NOUNS[word]
    if word.endswith("ing") and len(word) > 4:
        for verb in (word[:-3], word[:-3] + "e", word[:-4]):
            if verb in VERBS:
                return verb
    return ""


def joined(verb: str, thing: str) -> str:
    """`verb_thing` in snake case, not too long, no word said twice."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", thing).lower()
    snake = "_".join(re.findall(r"[a-z0-9]+", snake))
    whole = snake if snake == verb or snake.startswith(f"{verb}_") else f"{verb}_{snake}"
    if len(whole) <= LONGEST:
        return whole.rstrip("_")
    return whole[:LONGEST].rstrip("_") if "_" not in whole else whole[: LONGEST + 1].rsplit("_", 1)[0]
