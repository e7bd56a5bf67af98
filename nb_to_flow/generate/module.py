"""The module put together: imports, settings, helpers, definitions, tasks, flow."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from nb_to_flow.generate import text
from nb_to_flow.generate.body import flow_code
from nb_to_flow.generate.context import Context, own_entries
from nb_to_flow.generate.header import Header, make_header
from nb_to_flow.generate.helpers import NAMES, helper_sources
from nb_to_flow.generate.imports import used_names
from nb_to_flow.generate.keys import Keys
from nb_to_flow.generate.lines import Line, added_words, copied, indented, joined, stripped, written
from nb_to_flow.generate.rewrite import Scope, rewrite
from nb_to_flow.generate.tasks import task_lines
from nb_to_flow.ir.facts import ResourceKind, Role
from nb_to_flow.ir.helpers import with_requirements

_BLANK = Line(text="")


def module_lines(context: Context) -> list[Line]:
    """All lines of the module, not formatted yet."""
    header = make_header(context)
    early = _placed(header.early, context)
    definitions, tasks = _placed(header.definitions, context), _tasks(context)
    helpers = _helpers(context, [*early, *definitions, *tasks])
    configures = _needs_configure(header, context, tasks, helpers)
    settings = _settings(header, context, configures=configures)
    flow = written(flow_code(context, configures=configures))
    body = [
        *_backend(context),
        *_print_width(context),
        *settings,
        _BLANK,
        *_retries(context),
        _BLANK,
        *helpers,
        _BLANK,
    ]
    body += [*definitions, *tasks, *flow, *_main(context)]
    imports = _imports(header, [*early, *body], context)
    return [*written(_docstring(context)), _BLANK, *imports, _BLANK, *body]


def _needs_configure(header: Header, context: Context, tasks: list[Line], helpers: list[Line]) -> bool:
    """True if worker processes would not import the module, and so not run its settings.

    A task is pickled by value, but any function or class of the module that it uses by reference, which
    imports the module.
    """
    plan = context.plan
    later = set(plan.settings) - set(header.early)
    if not later or any(context.facts(i).binds for i in later) or helpers:
        return False
    kinds = (Role.FUNCTION, Role.CLASS)
    names = {n for i in header.definitions if context.facts(i).role in kinds for n in context.facts(i).binds}
    return not names & used_names(ast.parse(joined(tasks)))


def _settings(header: Header, context: Context, *, configures: bool) -> list[Line]:
    """The settings; in a function that the flow calls too if the module would not be imported otherwise."""
    if not configures:
        return _placed(header.settings, context)
    name = context.name("configure")
    needs = [i for i in header.settings if i not in context.plan.settings]
    settings = _placed([i for i in header.settings if i in context.plan.settings], context)
    doc = '"""Set the libraries up as the notebook does."""'
    return [
        *_placed(needs, context),
        *written(f"def {name}() -> None:"),
        *indented([*written(doc), *settings]),
        *written(f"\n\n{name}()  # worker processes import this module"),
    ]


def _docstring(context: Context) -> str:
    plan, notebook = context.plan, context.plan.facts.notebook
    title = text.sentence(plan.title or plan.name.replace("_", " ").capitalize())
    file = PurePath(notebook.path.replace("\\", "/")).name
    made = f"Converted by nb-to-flow from {file} (sha256 {notebook.sha256[:8]}). Edit freely: this is plain Prefect."
    needs = f"Needs: {', '.join(notebook.requirements)}." if notebook.requirements else ""
    paragraphs = [title, *plan.description.split("\n\n"), made, needs]
    return text.docstring(text.filled(paragraph) for paragraph in paragraphs)


def _imports(header: Header, code: list[Line], context: Context) -> Iterator[Line]:
    """Import blocks for the code, with the settings that later ones rely on between them."""
    used = used_names(ast.parse(joined(code)))
    added = added_words(code) | used & {way.partition(".")[0] for way in context.dotted.values()}
    own = tuple(entry for entry in own_entries(context) if entry.local in added)
    for block in header.blocks(used, _looked_up(context, used), own):
        if isinstance(block, str):
            yield from written(block)
        else:
            yield _BLANK
            yield from _placed((block,), context)
            yield _BLANK


def _looked_up(context: Context, used: frozenset[str]) -> frozenset[str]:
    """Imported names that no code names, but statements read: libraries find them in texts ("np.log(y) ~ x")."""
    unnamed = context.imports.keys() - used
    found: set[str] = set()
    for index in (step.statement for task in context.plan.tasks for step in task.steps):
        facts = context.facts(index)
        if not facts.reads.isdisjoint(unnamed):
            called = (i for i in context.plan.definitions if context.facts(i).binds & facts.calls)
            nodes = [context.statement(i).node for i in (index, *called)]
            found |= unnamed & facts.reads - used_names(ast.Module(nodes, []))
    return frozenset(found)


def _placed(indexes: Iterable[int], context: Context) -> list[Line]:
    """Statements at module level, definitions set apart."""
    lines: list[Line] = []
    for index in indexes:
        statement = context.statement(index)
        name = getattr(statement.node, "name", "") or context.plan.name
        code = rewrite(statement, context, Scope(keys=Keys(name=name), in_task=False))
        lead = [_BLANK] if context.facts(index).role in (Role.FUNCTION, Role.CLASS) else []
        lines += [*lead, *stripped(copied(statement, code)), *lead]
    return lines


def _backend(context: Context) -> list[Line]:
    """Drawing without a screen, if anything draws: tasks run in worker threads."""
    if not context.draws or any(
        "matplotlib.use(" in context.statement(i).code for i in context.plan.settings
    ):
        return []
    return written(context.renamed('matplotlib.use("agg")'))


def _print_width(context: Context) -> list[Line]:
    """pandas prints up to 20 columns in a notebook, but in a script as many as a terminal is wide."""
    name = next((local for local, target in context.imports.items() if target == "pandas"), None)
    kinds = {e.kind for f in context.plan.facts.statements for e in f.effects}
    if any("max_columns" in statement.code for statement in context.plan.facts.notebook.statements):
        return []
    if name is None or kinds.isdisjoint({ResourceKind.STDOUT, ResourceKind.DISPLAY}):
        return []
    return written(f'{name}.set_option("display.max_columns", 20)  # as in a notebook')


def _retries(context: Context) -> list[Line]:
    options = context.options
    if not options.retries or not any(task.retry for task in context.plan.tasks):
        return []
    items = [f'"retries": {options.retries}']
    if options.retry_delays:
        items += [f'"retry_delay_seconds": {list(options.retry_delays)!r}', '"retry_jitter_factor": 0.5']
    return written(f"RETRY_IO = {{{', '.join(items)}}}")


def _helpers(context: Context, code: list[Line]) -> list[Line]:
    added = added_words(code)
    used = {name for name in NAMES if context.name(name) in added and name != "print"}
    if context.joins_lines:
        used.add("print")
    sources = helper_sources(
        frozenset(used), displays=context.options.displays, figures=context.draws, images=context.has_images
    )
    called = context.plan.facts.notebook.helpers
    words: set[str] = set()
    for line in code if called else ():
        words.update(re.findall(r"\w+", line.text))
    shared = with_requirements(called & words)
    texts = [*(helper.source for helper in shared), *sources.values()]
    return [line for source in texts for line in [*written(context.renamed(source)), _BLANK]]


def _tasks(context: Context) -> list[Line]:
    return [line for task in context.plan.tasks for line in [*task_lines(task, context), _BLANK, _BLANK]]


def _main(context: Context) -> list[Line]:
    return written(f'\n\nif __name__ == "__main__":\n    {context.plan.name}()')
