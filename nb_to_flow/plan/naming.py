"""Names for tasks: from headings, from what is called, and from what comes out."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping

from nb_to_flow.ir.facts import Access, ResourceKind
from nb_to_flow.ir.notebook import CellKind
from nb_to_flow.plan.assemble import Assembly, cells_of, needed_outputs
from nb_to_flow.plan.sections import Heading, headings

LONGEST = 40

# Verbs that a heading's first word may be; anything else gets one in front of it or is left a noun.
_VERBS = frozenset(
    [
        "add",
        "aggregate",
        "analyse",
        "analyze",
        "apply",
        "assess",
        "assign",
        "build",
        "calculate",
        "check",
        "clean",
        "cluster",
        "collect",
        "combine",
        "compare",
        "compute",
        "configure",
        "convert",
        "count",
        "create",
        "cross",
        "define",
        "describe",
        "detect",
        "determine",
        "display",
        "download",
        "draw",
        "encode",
        "engineer",
        "estimate",
        "evaluate",
        "examine",
        "explore",
        "export",
        "extract",
        "fetch",
        "fill",
        "filter",
        "find",
        "fit",
        "fix",
        "forecast",
        "format",
        "generate",
        "get",
        "group",
        "handle",
        "identify",
        "impute",
        "import",
        "inspect",
        "install",
        "investigate",
        "join",
        "list",
        "load",
        "look",
        "make",
        "measure",
        "merge",
        "normalise",
        "normalize",
        "optimise",
        "optimize",
        "parse",
        "perform",
        "plot",
        "predict",
        "prepare",
        "preprocess",
        "print",
        "process",
        "read",
        "reduce",
        "remove",
        "rename",
        "report",
        "reshape",
        "resample",
        "run",
        "sample",
        "save",
        "scale",
        "score",
        "scrape",
        "select",
        "set",
        "show",
        "simulate",
        "smooth",
        "solve",
        "sort",
        "split",
        "standardize",
        "summarise",
        "summarize",
        "test",
        "tidy",
        "train",
        "transform",
        "try",
        "tune",
        "understand",
        "update",
        "use",
        "validate",
        "view",
        "visualise",
        "visualize",
        "write",
    ]
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
_ARTICLES = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "and",
        "or",
        "to",
        "for",
        "in",
        "on",
        "with",
        "by",
        "from",
        "our",
        "my",
        "your",
        "this",
        "that",
        "we",
        "us",
        "let",
        "lets",
        "i",
    ]
)

# What is called, in order of how much it says about the task; the first column is the verb it earns.
_CALLS: tuple[tuple[str, frozenset[str]], ...] = (
    (
        "train",
        frozenset({"fit", "fit_transform", "train", "fit_generator", "GridSearchCV", "cross_val_score"}),
    ),
    ("predict", frozenset({"predict", "predict_proba", "forecast", "get_forecast"})),
    (
        "load",
        frozenset(
            [
                "read_csv",
                "read_excel",
                "read_json",
                "read_sql",
                "read_sql_query",
                "read_parquet",
                "read_table",
                "read_pickle",
                "read_html",
                "read_feather",
                "load_dataset",
                "loadtxt",
                "genfromtxt",
                "load_iris",
                "fetch_openml",
                "urlopen",
            ]
        ),
    ),
    (
        "write",
        frozenset(
            [
                "to_csv",
                "to_excel",
                "to_json",
                "to_parquet",
                "to_sql",
                "to_pickle",
                "savefig",
                "dump",
                "save",
                "savetxt",
            ]
        ),
    ),
    ("merge", frozenset({"merge", "concat", "join"})),
    (
        "summarise",
        frozenset(["groupby", "agg", "pivot_table", "crosstab", "describe", "value_counts", "resample"]),
    ),
    (
        "plot",
        frozenset(
            [
                "plot",
                "hist",
                "scatter",
                "bar",
                "barh",
                "boxplot",
                "heatmap",
                "pairplot",
                "distplot",
                "countplot",
                "imshow",
                "subplots",
                "figure",
                "show",
                "pie",
                "lineplot",
                "scatterplot",
                "barplot",
                "histplot",
                "kdeplot",
            ]
        ),
    ),
    ("clean", frozenset(["dropna", "fillna", "drop_duplicates", "replace", "astype", "rename", "drop"])),
    ("split", frozenset({"train_test_split"})),
)


def name_tasks(assembly: Assembly) -> tuple[dict[int, str], dict[int, str]]:
    """A unique name and a title for each group."""
    taken = _taken(assembly)
    titles = _titles(assembly)
    outputs = needed_outputs(assembly)
    shared: dict[str, int] = {}
    for title in titles.values():
        shared[title] = shared.get(title, 0) + 1
    names: dict[int, str] = {}
    for g in assembly.order:
        for candidate in _candidates(assembly, g, titles[g], shared[titles[g]] == 1, outputs[g]):
            if candidate not in taken and candidate.isidentifier():
                break
        else:
            candidate = _numbered(_stem(titles[g]) or "run_notebook", taken)
        names[g] = candidate
        taken.add(candidate)
    return names, titles


def _taken(assembly: Assembly) -> set[str]:
    """Names that a task must not have: the notebook's own, and whatever Python knows."""
    found = set(dir(builtins)) | set(keyword.kwlist) | set(keyword.softkwlist)
    found |= {"flow", "task", "show", "main", "publish_figures", "np", "pd", "plt"}
    for facts in assembly.draft.facts.statements:
        found |= facts.binds | facts.may_bind | facts.reads | facts.free
    for statement in assembly.draft.facts.notebook.statements:
        found |= {n.id for n in ast.walk(statement.node) if isinstance(n, ast.Name)}
        found |= {n.name for n in ast.walk(statement.node) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    return found


def _titles(assembly: Assembly) -> dict[int, str]:
    """For each group the text of the heading above most of its cells, or ""."""
    notebook = assembly.draft.facts.notebook
    above: dict[int, Heading] = {}
    current: Heading | None = None
    pending = list(headings(notebook))
    first_title = (
        pending[0]
        if pending and pending[0].level == 1 and _is_first_of_notebook(assembly, pending[0])
        else None
    )
    for cell in notebook.cells:
        while pending and pending[0].cell <= cell.index:
            current = pending.pop(0)
        if current is not None and current is not first_title:
            above[cell.index] = current
    titles = {}
    for g in assembly.order:
        texts = [above[c].text for c in cells_of(assembly, g) if c in above]
        best = max(texts, key=lambda t: (texts.count(t), -texts.index(t))) if texts else ""
        titles[g] = _shortened(plain_text(best))
    return titles


def _shortened(text: str) -> str:
    """At most a line of it."""
    if len(text) <= 70:
        return text
    return text[:70].rsplit(" ", 1)[0].rstrip(" ,;:(.-")


def _is_first_of_notebook(assembly: Assembly, heading: Heading) -> bool:
    cells = assembly.draft.facts.notebook.cells
    return all(c.kind is CellKind.MARKDOWN for c in cells[: heading.cell])


def plain_text(markdown: str) -> str:
    """A heading without markup, numbering and trailing punctuation."""
    text = re.sub(r"<[^>]*>", " ", markdown)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"[*_`#$\\]+", " ", text)
    text = (
        re.sub(
            r"^\s*(?:(?:step|part|section|chapter|task|question|exercise)\s*)?(?:[\dIVX]+[.):]*(?:\d+[.):]*)*)\s+",
            "",
            text.strip(),
            flags=re.IGNORECASE,
        )
        or text
    )
    return " ".join(text.split()).strip(" .:;-!?")


def _candidates(
    assembly: Assembly, group: int, title: str, alone: bool, outputs: Mapping[str, int]
) -> Iterable[str]:
    """Names in order of preference."""
    verb = _verb(assembly, group)
    stem = _stem(title)
    things = _things(assembly, group, outputs)
    words = stem.split("_") if stem else []
    leads = bool(words) and words[0] in _VERBS
    if alone and leads and len(words) > 1:
        yield stem
    if leads:
        yield from (_joined(words[0], t) for t in things[:1])
    if alone and len(words) > 1 and not leads:
        yield _joined(verb, stem) if verb else stem
    yield from (_joined(verb, t) for t in things[:1] if verb)
    if alone and stem:
        yield stem if leads else _joined(verb or "run", stem)
    if stem:
        yield from (_joined(stem, t) for t in things[:1])
        yield _joined(verb or "run", stem)
    yield from (_joined(verb or "compute", t) for t in things)
    target = _first_input(assembly, group)
    if verb and target:
        yield _joined(verb, target)
    if verb:
        yield f"{verb}_results"


def _things(assembly: Assembly, group: int, outputs: Mapping[str, int]) -> list[str]:
    """What comes out, the most telling first: what later tasks take, tables and models before numbers."""
    taken = {(n, d) for g in assembly.order if g != group for n, d in assembly.interfaces[g].inputs.items()}
    plain = ("int", "float", "str", "bool", "list", "tuple", "dict", "set")

    def rank(item: tuple[str, int]) -> tuple[bool, bool, bool, int]:
        name, definer = item
        kind = assembly.draft.versions.type_of(item)
        return (name.startswith("_") or len(name) < 2, item not in taken, kind in plain, -definer)

    return [name for name, _ in sorted(outputs.items(), key=rank)]


def _verb(assembly: Assembly, group: int) -> str:
    """What the group's calls say it does, or ""."""
    called: set[str] = set()
    draft = assembly.draft
    for index in assembly.interfaces[group].own:
        for node in ast.walk(draft.facts.notebook.statements[index].node):
            if isinstance(node, ast.Call):
                called.add(_called_name(node.func))
    for verb, calls in _CALLS:
        if called & calls:
            return verb
    effects = [e for i in assembly.interfaces[group].own for e in draft.facts.statements[i].effects]
    kinds = {(e.kind, e.access) for e in effects}
    if (ResourceKind.FILE, Access.WRITE) in kinds:
        return "write"
    if (ResourceKind.FILE, Access.READ) in kinds:
        return "load"
    if any(kind is ResourceKind.PYPLOT for kind, _ in kinds):
        return "plot"
    if needed_any(assembly, group):
        return "compute"
    return "show" if any(kind in (ResourceKind.DISPLAY, ResourceKind.STDOUT) for kind, _ in kinds) else ""


def needed_any(assembly: Assembly, group: int) -> bool:
    """True if the group binds anything."""
    return bool(assembly.interfaces[group].final)


def _called_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _first_input(assembly: Assembly, group: int) -> str:
    return next(iter(assembly.interfaces[group].inputs), "")


def _stem(title: str) -> str:
    """A heading as snake case without small words, its verb first if it has one."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = [w for w in re.findall(r"[a-z0-9]+", plain.replace("'", "")) if w not in _ARTICLES]
    while words and (words[0].isdigit() or words[0] == "by"):
        words.pop(0)
    words = _verb_first(words)
    stem = ""
    for word in words:
        if len(stem) + len(word) + 1 > LONGEST:
            break
        stem = f"{stem}_{word}" if stem else word
    return stem[:LONGEST]


def _verb_first(words: list[str]) -> list[str]:
    """ "adding columns" is "add columns", "data cleaning" is "clean data"."""
    if not words:
        return words
    if (verb := _as_verb(words[0])) and (len(words) > 1 or verb == words[0]):
        return [verb, *words[1:]]
    if len(words) < 4 and (verb := _as_verb(words[-1])) and verb != words[-1]:
        return [verb, *words[:-1]]
    return words


def _as_verb(word: str) -> str:
    """The verb in a gerund or its noun, or ""."""
    if word in _VERBS:
        return word
    if word in _NOUNS:
        return _NOUNS[word]
    if word.endswith("ing") and len(word) > 5:
        for verb in (word[:-3], word[:-3] + "e", word[:-4]):
            if verb in _VERBS:
                return verb
    return ""


def _joined(verb: str, thing: str) -> str:
    """`verb_thing` in snake case, not too long, no word said twice."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", thing).lower().strip("_")
    snake = "_".join(p for p in re.findall(r"[a-z0-9]+", snake))
    if snake == verb or snake.startswith(f"{verb}_"):
        return snake[:LONGEST].rstrip("_")
    return f"{verb}_{snake}"[:LONGEST].rstrip("_")


def _numbered(stem: str, taken: set[str]) -> str:
    stem = stem if stem[:1].isalpha() else f"run_{stem}"
    if stem not in taken and "_" in stem:
        return stem
    number = 2
    while f"{stem}_{number}" in taken:
        number += 1
    return f"{stem}_{number}"


def flow_texts(notebook_path: str, found: Iterable[Heading], texts: Mapping[int, str]) -> tuple[str, str]:
    """Title and description of the flow: its first H1 and the paragraph under it."""
    for heading in found:
        if heading.level == 1:
            return plain_text(heading.text), _first_paragraph(texts.get(heading.cell, ""), heading)
    stem = re.split(r"[/\\]", notebook_path)[-1].rsplit(".", 1)[0]
    return " ".join(re.sub(r"[_\-]+", " ", stem).split()).capitalize(), ""


def _first_paragraph(source: str, heading: Heading) -> str:
    lines = source.splitlines()
    start = next((k for k, line in enumerate(lines) if heading.text and heading.text in line), -1) + 1
    paragraph: list[str] = []
    for line in lines[start:]:
        if not line.strip():
            if paragraph:
                break
            continue
        if not re.match(r"[A-Za-z0-9\"'(*_`]", line.strip()) or line.lstrip().startswith(
            ("#", "![", "- ", "* ")
        ):
            break
        paragraph.append(line.strip())
    return re.sub(r"[*_`]{1,3}(\S[^*_`]*)[*_`]{1,3}", r"\1", " ".join(paragraph))
