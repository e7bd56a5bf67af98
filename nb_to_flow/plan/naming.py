"""Names for tasks: from headings, from what is called, and from what comes out."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Iterable, Mapping

from nb_to_flow.ir.facts import Access, ResourceKind
from nb_to_flow.ir.notebook import CellKind
from nb_to_flow.plan.assemble import Assembly, cells_of, needed_outputs
from nb_to_flow.plan.comments import named_by
from nb_to_flow.plan.sections import Heading, headings
from nb_to_flow.plan.words import CALLS, QUESTIONS, VERBS, joined, stem

_CLAUSE = frozenset({"that", "which", "who", "whose", "if", "because", "when", "where"})
_EMPTY = re.compile(
    r"setup|set up|imports?|libraries|introduction|overview|start|notes?|code"
    r"|(solutions?|examples?|answers?|definitions?|computations?|implementation)[\s\d.:#-]*"
)
_CANVAS = re.compile(r"(fig|figure|ax|axs|axes|f|g)\d*")
_MOST_COMMENTED = 3
_STORING = frozenset({"save", "store", "export"})


def name_tasks(assembly: Assembly) -> tuple[dict[int, str], dict[int, str]]:
    """A unique name and a title for each group."""
    taken = _taken(assembly)
    titles = _titles(assembly)
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


def _titles(assembly: Assembly) -> dict[int, str]:
    """For each group the text of the heading above most of its cells, or ""."""
    notebook = assembly.draft.facts.notebook
    above: dict[int, Heading] = {}
    pending = list(headings(notebook))
    first_title = (
        pending[0]
        if pending and pending[0].level == 1 and _is_first_of_notebook(assembly, pending[0])
        else None
    )
    open_ones: list[Heading] = []
    for cell in notebook.cells:
        while pending and pending[0].cell <= cell.index:
            found = pending.pop(0)
            open_ones = [h for h in open_ones if h.level < found.level] + [found]
        telling = [h for h in open_ones if h is not first_title and not _EMPTY.fullmatch(_lower(h))]
        under = telling or [h for h in open_ones if h is not first_title]
        if under:
            above[cell.index] = under[-1]
    titles = {}
    for g in assembly.order:
        texts = [above[c].text for c in cells_of(assembly, g) if c in above]
        best = max(texts, key=lambda t: (texts.count(t), -texts.index(t))) if texts else ""
        titles[g] = _shortened(plain_text(best))
    return titles


def _lower(heading: Heading) -> str:
    return plain_text(heading.text).lower()


def _shortened(text: str) -> str:
    """At most a line of it."""
    if len(text) <= 70:
        return text
    clause = re.split(r"[,;:.]\s", text[:70])[0]
    return (clause if len(clause) > 15 else text[:70].rsplit(" ", 1)[0]).rstrip(" ,;:(.-")


def _is_first_of_notebook(assembly: Assembly, heading: Heading) -> bool:
    cells = assembly.draft.facts.notebook.cells
    return all(c.kind is CellKind.MARKDOWN for c in cells[: heading.cell])


def plain_text(markdown: str) -> str:
    """A heading without markup, numbering and trailing punctuation."""
    text = re.sub(r"<[^>]*>", " ", markdown)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"[*_`#$\\\u00b6]+", " ", text)
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
    assembly: Assembly, group: int, title: str, chief: bool, outputs: Mapping[str, int]
) -> Iterable[str]:
    """Names in order of preference."""
    verb = _verb(assembly, group)
    said = "" if _EMPTY.fullmatch(title.lower()) else stem(title)
    things = _things(assembly, group, outputs)
    words = said.split("_") if said else []
    leads = bool(words) and words[0] in VERBS
    if leads:
        things = [t for t in things if stem(t) != words[0]]
    topic = "_".join(words[1:]) if leads else said
    if chief and leads and len(words) > 1:
        yield said
    if not (chief and words):
        yield _by_comments(assembly, group)
    target = _main_input(assembly, group)
    if len(words) == 1 and target and (words[0] in _STORING or words == ["load"] and verb != "load"):
        yield joined(words[0], target)
    if leads:
        yield from (joined(words[0], t) for t in things[:1])
    elif _is_phrase(title):
        yield from (joined(verb, t) for t in things[:1] if verb)
    elif chief and words and words[0] not in QUESTIONS:
        yield joined(verb, said) if verb else said
    yield from (joined(verb, t) for t in things[:1] if verb)
    if verb and target and words and words[0] in QUESTIONS:
        yield joined(verb, target)
    if leads and len(words) == 1 and target:
        yield joined(words[0], target)
    if said and leads and len(words) > 1:
        yield said
    if chief and said and not leads:
        yield joined(verb or "run", said)
    if said:
        yield from (joined(said, t) for t in things[:1])
        yield joined(verb or "run", topic or said)
    yield from (joined(verb or "compute", t) for t in things)
    if verb == "write":
        yield from (joined(verb, f) for f in _files_written(assembly, group)[:1])
    if verb and target:
        yield joined(verb, target)
    if verb == "make":
        yield "make_folders"
    yield from (joined(verb or "show", n) for n in _main_names(assembly, group))
    if verb:
        yield f"{verb}_results"


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
    """Variables of the group's own that it names most often, two at most."""
    final = assembly.interfaces[group].final
    own = frozenset(n for n in final if len(n) > 1 and not n.startswith("_") and not _CANVAS.fullmatch(n))
    counts: dict[str, int] = dict.fromkeys(sorted(own), 0)
    for index in assembly.interfaces[group].own:
        for node in ast.walk(assembly.draft.facts.notebook.statements[index].node):
            if isinstance(node, ast.Name) and node.id in counts:
                counts[node.id] += 1
    return sorted(counts, key=lambda n: -counts[n])[:2]


def _files_written(assembly: Assembly, group: int) -> list[str]:
    """The files' names without folder and suffix, where they are constant words."""
    statements = assembly.draft.facts.statements
    paths = [
        e.name
        for i in assembly.interfaces[group].own
        for e in statements[i].effects
        if e.kind is ResourceKind.FILE and e.access is Access.WRITE
    ]
    stems = [re.split(r"[/\\]", path)[-1].rsplit(".", 1)[0] for path in paths]
    return [s for s in stems if re.fullmatch(r"[A-Za-z]{2}[\w -]*", s)]


def _is_phrase(title: str) -> bool:
    """True for a heading with a clause of its own, which makes no name: "Stores that return a lot"."""
    words = title.lower().split()
    return bool(_CLAUSE & set(words[1:])) or words[:1] == ["since"]


def _main_input(assembly: Assembly, group: int) -> str:
    """The first input that another task made, else the first at all."""
    inputs = assembly.interfaces[group].inputs
    made = [n for n, d in inputs.items() if d in assembly.home]
    return next(iter([*made, *inputs]), "")


def _things(assembly: Assembly, group: int, outputs: Mapping[str, int]) -> list[str]:
    """What comes out, the most telling first: what later tasks take, tables and models before numbers."""
    taken = {(n, d) for g in assembly.order if g != group for n, d in assembly.interfaces[g].inputs.items()}
    plain = ("int", "float", "str", "bool", "list", "tuple", "dict", "set")

    def rank(item: tuple[str, int]) -> tuple[bool, bool, bool, int]:
        name, definer = item
        kind = assembly.draft.versions.type_of(item)
        return (name.startswith("_") or len(name) < 2, item not in taken, kind in plain, -definer)

    return [name for name, _ in sorted(outputs.items(), key=rank) if not _CANVAS.fullmatch(name)]


def _verb(assembly: Assembly, group: int) -> str:
    """What the group's calls say it does, or ""."""
    called: set[str] = set()
    draft = assembly.draft
    own = assembly.interfaces[group].own
    for index in own:
        for node in ast.walk(draft.facts.notebook.statements[index].node):
            if isinstance(node, ast.Call):
                called.add(_called_name(node.func))
    given = _is_given_data(assembly, group)
    kinds = {(e.kind, e.access) for i in own for e in draft.facts.statements[i].effects}
    writes = bool(kinds & {(ResourceKind.FILE, Access.WRITE), (ResourceKind.DATABASE, Access.WRITE)})
    for verb, calls in CALLS:
        if called & calls and not (verb == "load" and given and writes):
            return verb
    if (ResourceKind.FILE, Access.WRITE) in kinds:
        return "write"
    if (ResourceKind.FILE, Access.READ) in kinds:
        return "load"
    if any(kind is ResourceKind.PYPLOT for kind, _ in kinds):
        return "plot"
    if needed_any(assembly, group):
        return _verb_of_functions(assembly, group) or "compute"
    return "show" if any(kind in (ResourceKind.DISPLAY, ResourceKind.STDOUT) for kind, _ in kinds) else ""


def _is_given_data(assembly: Assembly, group: int) -> bool:
    """True if another task's data comes in: then what it reads is not what it is about."""
    return any(definer in assembly.home for definer in assembly.interfaces[group].inputs.values())


def _verb_of_functions(assembly: Assembly, group: int) -> str:
    """The verb that the author gave a function which is called here: "simulate" of `simulate_day()`."""
    statements = assembly.draft.facts.statements
    for index in assembly.interfaces[group].own:
        node = assembly.draft.facts.notebook.statements[index].node
        named = [
            n.func.id for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        ]
        for name in named:
            verb = name.lower().split("_")[0]
            if name in statements[index].calls and verb in VERBS:
                return verb
    return ""


def needed_any(assembly: Assembly, group: int) -> bool:
    """True if the group binds anything."""
    return bool(assembly.interfaces[group].final)


def _called_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


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
    plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(paragraph))
    return re.sub(r"[*_`]{1,3}(\S[^*_`]*)[*_`]{1,3}", r"\1", plain)
