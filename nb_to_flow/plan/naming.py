"""Names for tasks: from headings, from what is called, and from what comes out."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Iterable, Mapping

from nb_to_flow.ir.facts import Access, ResourceKind
from nb_to_flow.plan.assemble import Assembly, cells_of, needed_outputs
from nb_to_flow.plan.comments import named_by
from nb_to_flow.plan.phrases import joined, stem
from nb_to_flow.plan.titles import says_nothing, titles_of
from nb_to_flow.plan.verbs import functions_called, is_best, verb_of
from nb_to_flow.plan.words import QUESTIONS, VERBS, WEAK

_CLAUSE = frozenset(
    {
        "that",
        "which",
        "who",
        "whose",
        "if",
        "because",
        "when",
        "where",
        "is",
        "are",
        "was",
        "were",
        "has",
        "have",
        "should",
        "will",
        "can",
        "cannot",
        "does",
    }
)
_CANVAS = re.compile(r"(fig|figure|ax|axs|axes|f|g)\d*")
_HALF = re.compile(r"[xy]_?(train|test|val|valid|validation|dev)(_\w+)?")
_MOST_COMMENTED = 3
_STORING = frozenset({"save", "store", "export"})
_ADDING = frozenset({"predict", "compute"})
_GENERIC = frozenset({"", "compute", "show", "sort"})
_PLAIN = frozenset({"int", "float", "str", "bool", "list", "tuple", "dict", "set"})


def name_tasks(assembly: Assembly) -> tuple[dict[int, str], dict[int, str]]:
    """A unique name and a title for each group."""
    taken = _taken(assembly)
    titles = titles_of(assembly)
    outputs = needed_outputs(assembly)
    chief = _chiefs(assembly, titles)
    names: dict[int, str] = {}
    for g in assembly.order:
        for candidate in _candidates(assembly, g, titles[g], chief[titles[g]] == g, outputs[g]):
            if "_" in candidate and candidate not in taken and candidate.isidentifier():
                break
        else:
            candidate = _numbered(stem(titles[g]) or "run_notebook", taken)
        names[g] = candidate
        taken.add(candidate)
    return names, titles


def _chiefs(assembly: Assembly, titles: Mapping[int, str]) -> dict[str, int]:
    """For each title the group that may be called by it: the one with the most cells."""
    chief: dict[str, int] = {}
    for g in assembly.order:
        best = chief.setdefault(titles[g], g)
        if len(cells_of(assembly, g)) > len(cells_of(assembly, best)):
            chief[titles[g]] = g
    return chief


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


def _candidates(
    assembly: Assembly, group: int, title: str, chief: bool, outputs: Mapping[str, int]
) -> Iterable[str]:
    """Names in order of preference."""
    verb = verb_of(assembly, group)
    words = [] if says_nothing(title) else [w for w in stem(title).split("_") if w]
    words, leads = _led(words, functions_called(assembly, group))
    things = _things(assembly, group, outputs)
    telling = _telling(assembly, things, outputs)
    column = _new_column(assembly, group, things[:1]) if verb in _ADDING else ""
    if column:
        telling = [column, *telling]
    asks = _is_question(title) or _is_sentence(title)
    by_heading = chief and bool(words) and not asks
    if telling and is_best(telling[0]) and verb in _GENERIC:
        verb = "find"
    elif verb == "compute" and (by_heading or not column) and _changes_input(assembly, group, things):
        verb = "adjust"
    if leads:
        telling = [t for t in telling if stem(t) != words[0]]
    if chief and leads and len(words) > 1:
        yield "_".join(words)
    if asks or not (chief and words):
        yield _by_comments(assembly, group)
    target = _main_input(assembly, group)
    if len(words) == 1 and target and (words[0] in _STORING or words == ["load"] and verb != "load"):
        yield joined(words[0], target)
    doing = words[0] if leads else verb
    if asks or not chief:
        yield from (joined(doing, t) for t in telling[:1] if doing)
        if _is_question(title) and verb and target:
            yield joined(verb, target)
    if leads and len(words) == 1:
        yield from (joined(words[0], t) for t in [*telling, target][:1] if t)
    if words and not leads:
        yield from _by_heading(verb, words, chief=chief)
    yield from (joined(verb or doing, t) for t in telling[:1] if verb or doing)
    yield from _by_files(assembly, group, verb)
    if words:
        whole = stem(title, whole=True)
        yield whole if leads else joined(verb or "run", whole)
        yield from (joined("_".join(words), t) for t in telling[:1])
        yield joined(verb or "run", stem(title, whole=True))
        yield joined(verb or "run", "_".join(words))
    yield from (joined(verb or "compute", t) for t in [*telling, *things])
    if verb and target:
        yield joined(verb, target)
    if verb == "make":
        yield "make_folders"
    yield from (joined(verb or "show", n) for n in _main_names(assembly, group))
    if verb:
        yield f"{verb}_results"


def _changes_input(assembly: Assembly, group: int, things: list[str]) -> bool:
    """True if what comes out is a new version of what goes in."""
    return bool(set(things[:1]) & assembly.interfaces[group].inputs.keys())


def _led(words: list[str], functions: frozenset[str]) -> tuple[list[str], bool]:
    """The words of a heading, and if they start with a verb: "raking" is one where `rake()` is called."""
    if words[:2] == ["train", "test"]:  # a noun: "train/test split"
        return words, False
    if not words or words[0] in VERBS:
        return words, bool(words)
    first = words[0]
    verb = next((v for v in (first[:-3], f"{first[:-3]}e", first[:-4]) if v in functions), "")
    return ([verb, *words[1:]], True) if verb and first.endswith("ing") else (words, False)


def _telling(assembly: Assembly, things: list[str], outputs: Mapping[str, int]) -> list[str]:
    """Those whose names say what they are, and no numbers beside a table or model."""
    plain = {t for t in things if assembly.draft.versions.type_of((t, outputs[t])) in _PLAIN}
    return [t for t in things if not _is_weak(t) and (t not in plain or len(plain) == len(things))]


def _new_column(assembly: Assembly, group: int, tables: list[str]) -> str:
    """The one column that the group adds to a table it is given, "" if it adds more or does more to it."""
    columns: set[str] = set()
    for index in assembly.interfaces[group].own:
        node = assembly.draft.facts.notebook.statements[index].node
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id in tables:
                return ""
            if isinstance(target, ast.Subscript) and ast.unparse(target.value) in tables:
                columns.add(_column_of(target.slice, node.value))
    column = columns.pop() if len(columns) == 1 else ""
    given = set(tables) <= assembly.interfaces[group].inputs.keys()
    return column if given and column.isidentifier() and not _is_weak(column) else ""


def _column_of(place: ast.expr, value: ast.expr) -> str:
    """The name of a column that is not made of itself, else ""."""
    if not isinstance(place, ast.Constant) or not isinstance(place.value, str):
        return ""
    used = {n.value for n in ast.walk(value) if isinstance(n, ast.Constant)}
    used |= {n.attr for n in ast.walk(value) if isinstance(n, ast.Attribute)}
    return "" if place.value in used else place.value


def _by_heading(verb: str, words: list[str], *, chief: bool) -> Iterable[str]:
    """The heading as a name, with the verb that the code earns if it has none of its own."""
    said = "_".join(words)
    if chief and verb == "compute" and len(words) > 2:
        yield said
    yield joined(verb or "run", said)


def _by_files(assembly: Assembly, group: int, verb: str) -> Iterable[str]:
    """`load_orders` of `data/orders.csv`, where the variable says less."""
    if verb in ("load", "write"):
        access = Access.READ if verb == "load" else Access.WRITE
        yield from (joined(verb, f) for f in _files(assembly, group, access)[:1])
    if verb == "load":
        yield "load_data"


def _is_weak(name: str) -> bool:
    """True for the name of a variable that could hold anything: `x1`, `df_2`, `result`."""
    plain = re.sub(r"[\d_]+$", "", name.lower())
    return len(plain) < 3 or plain in WEAK or _HALF.fullmatch(plain) is not None


def _by_comments(assembly: Assembly, group: int) -> str:
    """What the comment on top of one of its cells calls it, or "": of many cells one says too little."""
    draft = assembly.draft
    cells = cells_of(assembly, group)
    if len(cells) > _MOST_COMMENTED:
        return ""
    every = draft.facts.notebook.statements
    own = [i for i in assembly.interfaces[group].own if every[i].cell in cells]
    return named_by(every[i].code for i in own if not i or every[i - 1].cell != every[i].cell)


def _main_names(assembly: Assembly, group: int) -> list[str]:
    """Variables of the group's own that it names most often, two at most, telling ones first."""
    final = assembly.interfaces[group].final
    own = frozenset(n for n in final if len(n) > 1 and not n.startswith("_") and not _CANVAS.fullmatch(n))
    counts: dict[str, int] = dict.fromkeys(sorted(own), 0)
    for index in assembly.interfaces[group].own:
        for node in ast.walk(assembly.draft.facts.notebook.statements[index].node):
            if isinstance(node, ast.Name) and node.id in counts:
                counts[node.id] += 1
    return sorted(counts, key=lambda n: (_is_weak(n), -counts[n]))[:2]


def _files(assembly: Assembly, group: int, access: Access) -> list[str]:
    """The names, without folder and suffix, of files that it reads or writes, where they are constant words."""
    statements = assembly.draft.facts.statements
    paths = [
        e.name
        for i in assembly.interfaces[group].own
        for e in statements[i].effects
        if e.kind is ResourceKind.FILE and e.access is access
    ]
    stems = [re.split(r"[/\\]", path)[-1].rsplit(".", 1)[0] for path in paths]
    return [s for s in stems if re.fullmatch(r"[A-Za-z]{2}[\w -]*", s) and len(s) <= 24]


def _is_sentence(title: str) -> bool:
    """True for a heading with a clause of its own, which makes no name: "Stores that return a lot"."""
    words = title.lower().replace("'", "").split()
    return bool(_CLAUSE & set(words[1:])) or words[:1] in (["since"], ["dont"])


def _is_question(title: str) -> bool:
    return title.lower().split()[:1] != [] and title.lower().split()[0] in QUESTIONS


def _main_input(assembly: Assembly, group: int) -> str:
    """The first input that another task made, else the first at all."""
    inputs = assembly.interfaces[group].inputs
    made = [n for n, d in inputs.items() if d in assembly.home]
    return next(iter([*made, *inputs]), "")


def _things(assembly: Assembly, group: int, outputs: Mapping[str, int]) -> list[str]:
    """What comes out, the most telling first: what later tasks take, tables and models before numbers."""
    taken = {(n, d) for g in assembly.order if g != group for n, d in assembly.interfaces[g].inputs.items()}

    def rank(item: tuple[str, int]) -> tuple[bool, bool, int, bool, int]:
        name, definer = item
        kind = assembly.draft.versions.type_of(item)
        return (
            name.startswith("_") or len(name) < 2,
            item not in taken,
            2 if kind in _PLAIN else not kind,
            _is_weak(name),
            -definer,
        )

    return [name for name, _ in sorted(outputs.items(), key=rank) if not _CANVAS.fullmatch(name)]


def _numbered(stem: str, taken: set[str]) -> str:
    stem = stem if stem[:1].isalpha() else f"run_{stem}"
    if stem not in taken and "_" in stem:
        return stem
    number = 2
    while f"{stem}_{number}" in taken:
        number += 1
    return f"{stem}_{number}"
