"""Which top-level constants become the flow's parameters, with type, default and description."""

from __future__ import annotations

import ast
import math
import re
from dataclasses import replace

from nb_to_flow.ir.diagnostics import Diagnostic, Severity
from nb_to_flow.ir.notebook import Notebook, Statement
from nb_to_flow.ir.plan import Parameter
from nb_to_flow.plan.draft import Draft, finding

_TYPE_COMMENT = re.compile(r"#\s*type:\s*(?!ignore)([^#]+)")
_COLAB = re.compile(r"#\s*@param\s*(?P<choices>\[[^\]]*\])?\s*(?P<options>\{.*\})?")
_BOUND = re.compile(r"\b(min|max|step)[\"']?\s*:\s*(-?\d+(?:\.\d+)?)")


def choose_parameters(draft: Draft) -> Draft:
    """Tagged cells, Colab's `#@param`, then what the user named."""
    notebook = draft.facts.notebook
    chosen: dict[str, Parameter] = {}
    for statement in notebook.statements:
        tagged = "parameters" in notebook.cells[statement.cell].tags
        if not tagged and not _COLAB.search(_trailing_comment(statement)):
            continue
        parameter = as_parameter(notebook, statement)
        if parameter is not None and not _is_settled(draft, chosen.get(parameter.name)):
            chosen[parameter.name] = parameter
    problems: list[Diagnostic] = []
    for name in draft.options.parameters:
        if name in chosen:
            continue
        named = _named(draft, name)
        if isinstance(named, Diagnostic):
            problems.append(named)
        else:
            chosen[name] = named
    ordered = tuple(sorted(chosen.values(), key=lambda p: p.statement))
    return replace(draft, parameters=ordered, diagnostics=draft.diagnostics + tuple(problems))


def as_parameter(notebook: Notebook, statement: Statement) -> Parameter | None:
    """The parameter that `name = literal` makes, or None if the statement is something else."""
    node = statement.node
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value, annotation = node.targets[0], node.value, ""
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        target, value, annotation = node.target, node.value, _builtin_annotation(node.annotation)
    else:
        return None
    if not isinstance(target, ast.Name) or not is_literal(value):
        return None
    comment = _trailing_comment(statement)
    kind = annotation or _comment_type(comment) or literal_type(value)
    return Parameter(
        name=target.id,
        annotation=_colab_choices(comment) or _colab_bounds(comment, kind, value) or kind,
        default=ast.unparse(value),
        description=_description(statement, comment),
        statement=statement.index,
    )


def _is_settled(draft: Draft, chosen: Parameter | None) -> bool:
    """True if an earlier binding of the name is the parameter: something uses it before the next one."""
    return chosen is not None and (chosen.name, chosen.statement) in draft.versions.users


def _named(draft: Draft, name: str) -> Parameter | Diagnostic:
    """The parameter for a name the user gave, or what is wrong with it."""
    statements = draft.facts.notebook.statements
    binders = draft.versions.binders.get(name, ())
    if not binders:
        return finding(
            "NB401",
            Severity.ERROR,
            f"There is no variable {name!r} to make a parameter of.",
            "Name a variable that a cell binds at top level.",
        )
    parameter = as_parameter(draft.facts.notebook, statements[binders[0]])
    if parameter is None:
        return finding(
            "NB402",
            Severity.ERROR,
            f"{name!r} can't be a parameter: it is not bound to a constant.",
            "Only `name = literal` can become a parameter.",
            statements[binders[0]].span,
        )
    used = draft.versions.users.get((name, binders[0]), ())
    if len(binders) > 1 and not used:
        return finding(
            "NB403",
            Severity.ERROR,
            f"{name!r} can't be a parameter: it is bound again before anything uses it.",
            "Remove one of the two bindings.",
            statements[binders[1]].span,
        )
    return parameter


def is_literal(node: ast.expr) -> bool:
    """True for literals and containers of literals, signs and literal arithmetic included."""
    if isinstance(node, ast.Constant):
        return node.value is not Ellipsis
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return all(is_literal(e) for e in node.elts)
    if isinstance(node, ast.Dict):
        keys = all(k is not None and is_literal(k) for k in node.keys)
        return keys and all(is_literal(v) for v in node.values)
    if isinstance(node, ast.UnaryOp):
        return is_literal(node.operand)
    if isinstance(node, ast.BinOp):
        return _is_number(node.left) and _is_number(node.right)
    return False


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float, complex))
    if isinstance(node, ast.UnaryOp):
        return _is_number(node.operand)
    return isinstance(node, ast.BinOp) and _is_number(node.left) and _is_number(node.right)


def literal_type(node: ast.expr) -> str:
    """The annotation for a literal: "int", "list[str]", "dict[str, Any]", "Any" for None."""
    if isinstance(node, ast.Constant):
        return "Any" if node.value is None else type(node.value).__name__
    if isinstance(node, ast.UnaryOp):
        return "bool" if isinstance(node.op, ast.Not) else literal_type(node.operand)
    if isinstance(node, ast.BinOp):
        kinds = {literal_type(node.left), literal_type(node.right)}
        if isinstance(node.op, ast.Div):
            return "float"
        return next((k for k in ("complex", "float", "int") if k in kinds), "Any")
    if isinstance(node, ast.Dict):
        keys = _common([literal_type(k) for k in node.keys if k is not None])
        return f"dict[{keys}, {_common([literal_type(v) for v in node.values])}]"
    if isinstance(node, ast.Tuple):
        inner = ", ".join(literal_type(e) for e in node.elts)
        return f"tuple[{inner or '()'}]"
    if isinstance(node, (ast.List, ast.Set)):
        return f"{type(node).__name__.lower()}[{_common([literal_type(e) for e in node.elts])}]"
    return "Any"


def _common(types: list[str]) -> str:
    found = set(types)
    if found == {"int", "float"}:
        return "float"
    return found.pop() if len(found) == 1 else "Any"


_BUILTIN_TYPES = frozenset(
    [
        "int",
        "float",
        "str",
        "bool",
        "complex",
        "bytes",
        "list",
        "dict",
        "tuple",
        "set",
        "frozenset",
        "object",
        "None",
    ]
)


def _builtin_annotation(node: ast.expr) -> str:
    """The author's annotation if it needs no import, else ""."""
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return ast.unparse(node) if names <= _BUILTIN_TYPES else ""


def _comment_type(comment: str) -> str:
    match = _TYPE_COMMENT.search(comment)
    if match is None:
        return ""
    try:
        node = ast.parse(match[1].strip(), mode="eval").body
    except SyntaxError:
        return ""
    return _builtin_annotation(node)


def _colab_choices(comment: str) -> str:
    """`Literal[...]` for the choices that a Colab form offers."""
    match = _COLAB.search(comment)
    if match is None or not match["choices"] or "allow-input" in comment:
        return ""
    try:
        choices = ast.literal_eval(match["choices"])
    except (SyntaxError, ValueError):
        return ""
    plain = choices and all(isinstance(c, (str, int, bool)) for c in choices)
    return f"Literal[{', '.join(map(repr, choices))}]" if plain else ""


def _colab_bounds(comment: str, kind: str, value: ast.expr) -> str:
    """`Annotated[int, Field(ge=0, le=9)]` for the slider of a Colab form, if the default lies on it."""
    match = _COLAB.search(comment)
    options = match["options"] if match is not None else None
    if not options or kind not in ("int", "float"):
        return ""
    found = {name: float(number) for name, number in _BOUND.findall(options)}
    default = float(ast.literal_eval(value)) if isinstance(value, (ast.Constant, ast.UnaryOp)) else None
    low, high = found.get("min", -math.inf), found.get("max", math.inf)
    if default is None or not low <= default <= high or not {"min", "max"} & found.keys():
        return ""
    if not all(number.is_integer() for number in found.values()):
        kind = "float"
    shown = {name: int(number) if number.is_integer() else number for name, number in found.items()}
    limits = [f"{key}={shown[name]}" for key, name in (("ge", "min"), ("le", "max")) if name in found]
    return f"Annotated[{kind}, Field({', '.join(limits)})]"


def _trailing_comment(statement: Statement) -> str:
    """The comment behind the statement on its last line, or ""."""
    lines = statement.code.splitlines()
    end = getattr(statement.node, "end_lineno", len(lines))
    column = getattr(statement.node, "end_col_offset", 0)
    if not 1 <= end <= len(lines):
        return ""
    rest = lines[end - 1].encode()[column:].decode(errors="replace").strip().lstrip(";").strip()
    return rest if rest.startswith("#") else ""


def _description(statement: Statement, comment: str) -> str:
    """The comment beside the statement, or the one directly above it."""
    beside = _TYPE_COMMENT.sub("", _COLAB.sub("", comment)).strip("# \t")
    if beside:
        return beside
    start = getattr(statement.node, "lineno", 1)
    above = statement.code.splitlines()[: start - 1]
    if above and above[-1].startswith("#") and "@" not in above[-1]:
        return above[-1].strip("# \t")
    return ""
