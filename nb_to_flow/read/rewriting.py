"""One statement with calls of the interactive shell in it, rewritten without them."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from nb_to_flow.read.context import Context, Lowered, MagicCall
from nb_to_flow.read.findings import INTERACTIVE_SHELL, SPLICED_CODE, UNSUPPORTED_MAGIC, Unsupported
from nb_to_flow.read.magics import resolve
from nb_to_flow.read.magics.shell import get_output, system
from nb_to_flow.read.syntax import BadSyntax, parse
from nb_to_flow.read.text import Line, column, indent, join, lines_at, lines_inside_strings

TRIGGER = re.compile(
    r"\bget_ipython\b|\bInteractiveShell\b|__name__\s*==|==\s*__name__|^exec\s*\(", re.MULTILINE
)
SHELL_TEXT = "<ipykernel.zmqshell.ZMQInteractiveShell object>"


def needs_rewriting(text: str, context: Context) -> bool:
    """True if `rewrite` may have something to do in this text."""
    if TRIGGER.search(text):
        return True
    return any(re.search(rf"\b{re.escape(alias)}\b", text) for alias in context.aliases)


def rewrite(lines: Sequence[Line], context: Context) -> Lowered:
    """Plain Python for one top-level statement. Raises Unsupported."""
    node = ast.parse(join(lines)).body[0]
    if isinstance(node, ast.If) and _asks_for_main(node.test):
        return _main_block(node, lines, context)
    if isinstance(node, ast.ImportFrom) and [alias.name for alias in node.names] == ["get_ipython"]:
        context.aliases.update(alias.asname for alias in node.names if alias.asname)
        return Lowered()
    if isinstance(node, ast.ImportFrom) and [alias.name for alias in node.names] == ["InteractiveShell"]:
        return Lowered(lines=tuple(lines)) if context.needs_shell_class else Lowered()
    if isinstance(node, ast.Assign) and _sets_interactivity(node, context):
        return Lowered()
    if isinstance(node, ast.Assign) and _is_shell(node.value, context) and _names(node.targets):
        context.aliases.update(_names(node.targets))
        return Lowered()
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        if _is_shell_method(node.value, context):
            return _lower_call(node.value, lines, context)
        literal = _executed_literal(node.value, context)
        if literal is not None:
            context.note(SPLICED_CODE, "the text given to exec takes its place", line=lines[0].origin)
            return Lowered(lines=tuple(lines_at(literal, lines[0].origin)))
    return _rewrite_inside(node, lines, context)


def _asks_for_main(test: ast.expr) -> bool:
    """`__name__ == "__main__"`, either way round."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = (test.left, test.comparators[0])
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides) and any(
        isinstance(side, ast.Constant) and side.value == "__main__" for side in sides
    )


def _sets_interactivity(node: ast.Assign, context: Context) -> bool:
    """`InteractiveShell.ast_node_interactivity = "all"`: noted for the cells that follow."""
    target, value = node.targets[0], node.value
    if not (isinstance(target, ast.Attribute) and target.attr == "ast_node_interactivity"):
        return False
    if not (isinstance(value, ast.Constant) and isinstance(value.value, str)):
        return False
    context.interactivity = value.value
    return True


def _main_block(node: ast.If, lines: Sequence[Line], context: Context) -> Lowered:
    """A notebook is always `__main__`, the generated module is not."""
    last = node.body[-1].end_lineno or node.body[-1].lineno
    first = node.body[0].lineno
    if first == node.lineno:
        start = column(lines[first - 1].text, node.body[0].col_offset)
        body = [Line(lines[first - 1].text[start:], lines[first - 1].origin), *lines[first:last]]
    else:
        above = [line for line in lines[node.test.end_lineno or 1 : first - 1] if line.text.strip()]
        body = _dedent([*above, *lines[first - 1 : last]], node.body[0].col_offset)
    lowered = context.lower(body, context)
    return Lowered(lines=lowered.lines, imports=lowered.imports)


def _dedent(lines: list[Line], width: int) -> list[Line]:
    """The body of a block at column 0; lines inside strings stay as they are."""
    inside = lines_inside_strings(ast.parse("if 1:\n" + join(lines)))
    moved = []
    for number, line in enumerate(lines, 2):
        cut_off = line.text[:width].strip() == "" and number not in inside
        moved.append(Line(line.text[width:], line.origin) if cut_off else line)
    return moved


def _executed_literal(call: ast.Call, context: Context) -> str | None:
    """The text of `exec("...")` if it is a literal that parses."""
    if not (isinstance(call.func, ast.Name) and call.func.id == "exec") or "exec" in context.assigned:
        return None
    if len(call.args) != 1 or call.keywords or not isinstance(call.args[0], ast.Constant):
        return None
    text = call.args[0].value
    try:
        return text if isinstance(text, str) and parse(text) else None
    except BadSyntax:
        return None


def _is_shell(node: ast.AST, context: Context) -> bool:
    """`get_ipython()`, or a name that holds it."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "get_ipython" and not node.args
    return isinstance(node, ast.Name) and node.id in context.aliases


def _is_shell_method(node: ast.AST, context: Context) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and _is_shell(node.func.value, context)
    )


def _names(targets: Sequence[ast.expr]) -> list[str]:
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    return names if len(names) == len(targets) else []


def _lower_call(call: ast.Call, lines: Sequence[Line], context: Context) -> Lowered:
    """One method call of the shell."""
    assert isinstance(call.func, ast.Attribute)
    method = call.func.attr
    origin = lines[call.lineno - 1].origin
    arguments = [arg.value if isinstance(arg, ast.Constant) else None for arg in call.args]
    texts = [text for text in arguments if isinstance(text, str)]
    literal = len(texts) == len(call.args) or (len(texts) >= 2 and method == "run_line_magic")
    if method in ("system", "system_raw", "system_piped", "getoutput") and call.args:
        return _shell_command(call, texts, method, origin, context)
    if method == "show_usage":
        return Lowered()
    if literal and method in ("run_line_magic", "magic") and texts:
        name, _, args = " ".join(texts).strip().lstrip("%").partition(" ")
        return resolve(MagicCall(name=name, args=args.strip(), origin=origin), context)
    if literal and method == "run_cell_magic" and len(texts) == 3:
        body = tuple(lines_at(texts[2].removesuffix("\n"), origin)) if texts[2] else ()
        return resolve(MagicCall(name=texts[0], args=texts[1], origin=origin, body=body), context)
    if literal and method == "run_cell" and texts:
        return context.lower(lines_at(texts[0], origin), context)
    raise _no_equivalent(f"get_ipython().{method}(...)", origin)


def _shell_command(call: ast.Call, texts: list[str], method: str, origin: int, context: Context) -> Lowered:
    capture = method == "getoutput"
    magic = MagicCall(name="sx" if capture else "system", args="", origin=origin)
    if texts and isinstance(call.args[0], ast.Constant):
        return (get_output if capture else system)(texts[0], magic, context)
    helper = context.helper("capture_shell" if capture else "run_shell")
    text = f"{helper}({ast.unparse(call.args[0])})"
    return Lowered(lines=tuple(lines_at(text, origin)), shows=capture)


def _no_equivalent(what: str, origin: int) -> Unsupported:
    return Unsupported(
        INTERACTIVE_SHELL,
        f"{what} has no equivalent outside a notebook",
        line=origin,
        hint="take it out, or pass --allow-unsupported to make the cell a task that fails",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    """A stretch of the statement's text and what takes its place."""

    node: ast.stmt | ast.expr
    lowered: Lowered
    statement: bool


def _rewrite_inside(node: ast.stmt, lines: Sequence[Line], context: Context) -> Lowered:
    """Replace the shell's calls inside a statement, innermost blocks and expressions included."""
    context.in_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    try:
        edits = _find_edits(node, lines, context)
    finally:
        context.in_function = False
    if not edits:
        return Lowered(lines=tuple(lines), shows=True)
    dropped = {id(edit.node) for edit in edits if edit.statement and not edit.lowered.lines}
    emptied = _first_of_emptied_blocks(node, dropped)
    text = list(lines)
    for edit in sorted(edits, key=lambda e: (e.node.lineno, e.node.col_offset), reverse=True):
        new = list(edit.lowered.lines)
        if not new and id(edit.node) in emptied:
            new = [Line("pass", text[edit.node.lineno - 1].origin)]
        text = _apply(text, edit, new)
    imports = tuple(statement for edit in edits for statement in edit.lowered.imports)
    if _never_runs(text):
        return Lowered(imports=imports)
    return Lowered(lines=tuple(text), shows=True, imports=imports)


def _find_edits(root: ast.stmt, lines: Sequence[Line], context: Context) -> list[_Edit]:
    edits: list[_Edit] = []
    stack: list[ast.AST] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Expr) and _is_shell_method(node.value, context):
            assert isinstance(node.value, ast.Call)
            edits.append(_Edit(node=node, lowered=_lower_call(node.value, lines, context), statement=True))
        elif isinstance(node, ast.expr) and (static := _static_value(node, lines, context)) is not None:
            edits.append(_Edit(node=node, lowered=static, statement=False))
        elif isinstance(node, ast.Call) and _is_shell_method(node, context):
            lowered = _as_value(_lower_call(node, lines, context), lines[node.lineno - 1].origin)
            edits.append(_Edit(node=node, lowered=lowered, statement=False))
        elif isinstance(node, ast.expr) and _is_shell(node, context):
            raise _no_equivalent("this use of get_ipython()", lines[node.lineno - 1].origin)
        else:
            stack.extend(ast.iter_child_nodes(node))
    return edits


def _static_value(node: ast.expr, lines: Sequence[Line], context: Context) -> Lowered | None:
    """`'google.colab' in str(get_ipython())` and `get_ipython() is None`, which a notebook knows beforehand."""
    origin = lines[node.lineno - 1].origin
    if _is_shell_class_name(node, context):
        return Lowered(lines=(Line('"ZMQInteractiveShell"', origin),))
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return None
    if _asks_for_main(node):
        return Lowered(lines=(Line("True", origin),))
    left, operator, right = node.left, node.ops[0], node.comparators[0]
    value: bool | None = None
    if isinstance(left, ast.Constant) and isinstance(left.value, str) and _is_shell_text(right, context):
        if isinstance(operator, (ast.In, ast.NotIn)):
            value = (left.value in SHELL_TEXT) == isinstance(operator, ast.In)
    elif _is_loaded_extensions(right, context) and isinstance(operator, (ast.In, ast.NotIn)):
        value = isinstance(operator, ast.NotIn)
    elif _is_shell(left, context) and isinstance(right, ast.Constant) and right.value is None:
        value = isinstance(operator, (ast.IsNot, ast.NotEq))
    if value is None:
        return None
    return Lowered(lines=(Line(str(value), origin),))


def _is_shell_class_name(node: ast.expr, context: Context) -> bool:
    """`get_ipython().__class__.__name__`, or with `type(...)`."""
    if not (isinstance(node, ast.Attribute) and node.attr == "__name__"):
        return False
    owner = node.value
    if isinstance(owner, ast.Attribute) and owner.attr == "__class__":
        return _is_shell(owner.value, context)
    return (
        isinstance(owner, ast.Call)
        and isinstance(owner.func, ast.Name)
        and owner.func.id == "type"
        and len(owner.args) == 1
        and _is_shell(owner.args[0], context)
    )


def _is_shell_text(node: ast.expr, context: Context) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("str", "repr")
        and len(node.args) == 1
        and _is_shell(node.args[0], context)
    )


def _is_loaded_extensions(node: ast.AST, context: Context) -> bool:
    """`get_ipython().extension_manager.loaded`: none of IPython's extensions is, in a flow."""
    manager = node.value if isinstance(node, ast.Attribute) and node.attr == "loaded" else None
    if not (isinstance(manager, ast.Attribute) and manager.attr == "extension_manager"):
        return False
    return _is_shell(manager.value, context)


def _as_value(lowered: Lowered, origin: int) -> Lowered:
    """The lowered code as an expression. Raises Unsupported if it is none."""
    if not lowered.lines:  # a magic that a flow does without
        return Lowered(lines=(Line("None", origin),), imports=lowered.imports)
    try:
        ast.parse(join(lowered.lines), mode="eval")
    except SyntaxError:
        raise Unsupported(
            UNSUPPORTED_MAGIC, "the value of this magic cannot be used in a flow", line=origin
        ) from None
    if len(lowered.lines) < 2:
        return lowered
    first, last = lowered.lines[0], lowered.lines[-1]
    inner = lowered.lines[1:-1]
    lines = (Line(f"({first.text}", first.origin), *inner, Line(f"{last.text})", last.origin))
    return Lowered(lines=lines, imports=lowered.imports)


def _first_of_emptied_blocks(root: ast.stmt, dropped: set[int]) -> set[int]:
    emptied: set[int] = set()
    for node in ast.walk(root):
        for _, block in ast.iter_fields(node):
            if isinstance(block, list) and block and all(id(part) in dropped for part in block):
                emptied.add(id(block[0]))
    return emptied


def _apply(text: list[Line], edit: _Edit, new: list[Line]) -> list[Line]:
    first, last = edit.node.lineno - 1, (edit.node.end_lineno or edit.node.lineno) - 1
    before = text[first].text[: column(text[first].text, edit.node.col_offset)]
    after = text[last].text[column(text[last].text, edit.node.end_col_offset or 0) :]
    own_line = not before.strip()
    if edit.statement and own_line and not new and (not after.strip() or after.lstrip().startswith("#")):
        comment = [Line(before + after.lstrip(), text[last].origin)] if after.strip() else []
        return [*text[:first], *comment, *text[last + 1 :]]
    if edit.statement and own_line and new:
        new = indent(new, before)
        before = ""
    elif edit.statement and len(new) > 1:
        raise Unsupported(
            UNSUPPORTED_MAGIC,
            "a magic that becomes several lines needs a line of its own",
            line=text[first].origin,
        )
    new = new or [Line("pass", text[first].origin)]
    new[0] = Line(before + new[0].text, new[0].origin)
    new[-1] = Line(new[-1].text + after, new[-1].origin)
    return [*text[:first], *new, *text[last + 1 :]]


def _never_runs(text: list[Line]) -> bool:
    """True for `if False: ...`, and for `if True: pass`, which is what is left of magics."""
    node = ast.parse(join(text)).body[0]
    if not (isinstance(node, ast.If) and isinstance(node.test, ast.Constant)) or node.orelse:
        return False
    return node.test.value is False or all(isinstance(part, ast.Pass) for part in node.body)
