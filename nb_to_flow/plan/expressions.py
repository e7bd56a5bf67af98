"""The type of an expression, as far as its form and the types of its variables tell."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FRAME, _SERIES, _ARRAY = "pandas.DataFrame", "pandas.Series", "numpy.ndarray"
_TABLES = frozenset({_FRAME, _SERIES, _ARRAY})
_NUMBERS = frozenset({"bool", "int", "float"})
_CLASS = re.compile(r"[A-Z]\w+")
# Libraries whose functions are in lower case, so that what looks like a class is one.
_CLASSY = _words(
    "sklearn statsmodels lifelines xgboost lightgbm catboost torch keras tensorflow imblearn networkx prophet"
    " scipy gensim spacy transformers mlxtend umap hdbscan pmdarima arch datetime decimal fractions"
)
_BUILTINS = {
    "len": "int", "int": "int", "float": "float", "str": "str", "bool": "bool", "list": "list", "dict": "dict",
    "set": "set", "tuple": "tuple", "sorted": "list", "repr": "str", "ord": "int", "chr": "str", "hex": "str",
    "isinstance": "bool", "any": "bool", "all": "bool", "range": "range", "hash": "int",
}  # fmt: skip
_MAKES_ARRAYS = _words(
    "array asarray arange linspace logspace geomspace zeros ones full empty eye identity zeros_like ones_like"
    " full_like empty_like concatenate vstack hstack column_stack stack cumsum cumprod argsort unique diff reshape"
    " tile repeat outer cov corrcoef bincount digitize fromiter loadtxt genfromtxt histogram2d kron diag triu tril"
    " linalg.inv linalg.pinv linalg.solve linalg.eigvals linalg.eigvalsh linalg.cholesky random.rand random.randn"
    " random.permutation random.random_sample random.multivariate_normal fft.fft fft.ifft fft.rfft"
)
_MAY_BE_NUMBERS = _words(
    "rand randn random uniform normal randint integers choice standard_normal binomial poisson exponential beta"
    " gamma lognormal geometric"
)
_ELEMENTWISE = _words(
    "sqrt exp log log2 log10 log1p expm1 sin cos tan arcsin arccos arctan sinh cosh tanh abs absolute power square"
    " round around floor ceil clip maximum minimum"
)
_REDUCES = _words("mean std var median sum prod max min ptp quantile percentile nanmean nanstd average")
_KEEPS = _words(
    "copy astype round clip reshape ravel flatten transpose dot repeat swapaxes sort_values sort_index reset_index"
    " head tail sample dropna fillna drop_duplicates replace rename"
)
_OF_ANY = {
    "to_numpy": _ARRAY, "tolist": "list", "to_list": "list", "to_dict": "dict", "strftime": "str", "isoformat": "str",
    "to_frame": _FRAME, "nunique": "int", "splitlines": "list",
}  # fmt: skip
_OF_TEXT = _words("lower upper title strip lstrip rstrip replace format join capitalize zfill removeprefix")
_ATTRIBUTES = {"shape": "tuple", "size": "int", "ndim": "int", "values": _ARRAY, "columns": "pandas.Index"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What an expression's names are.

    Attributes:
        variable: the type of a variable, "" if unknown.
        imports: what each imported name stands for.
    """

    variable: Callable[[str], str]
    imports: Mapping[str, str]

    def resolve(self, node: ast.expr) -> str:
        """The qualified name of what is imported; "" if the expression is no such name."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.imports:
            return ""
        return ".".join([self.imports[node.id], *reversed(parts)])


def type_of_expression(node: ast.expr, lookup: Lookup) -> str:
    """The type of an expression, "" if it isn't clear."""
    rule = _RULES.get(type(node))
    return rule(node, lookup) if rule else ""


def _constant(node: ast.Constant, lookup: Lookup) -> str:
    return (
        type(node.value).__name__ if isinstance(node.value, (str, bytes, bool, int, float, complex)) else ""
    )


def _name(node: ast.Name, lookup: Lookup) -> str:
    return lookup.variable(node.id)


def _list(node: ast.List, lookup: Lookup) -> str:
    inner = {_constant(e, lookup) if isinstance(e, ast.Constant) else "" for e in node.elts}
    kind = inner.pop() if len(inner) == 1 else ""
    return f"list[{kind}]" if kind else "list"


def _dict(node: ast.Dict, lookup: Lookup) -> str:
    parts = []
    for items in (node.keys, node.values):
        kinds = {_constant(e, lookup) if isinstance(e, ast.Constant) else "" for e in items}
        parts.append(kinds.pop() if len(kinds) == 1 else "")
    return f"dict[{', '.join(parts)}]" if all(parts) else "dict"


def _compare(node: ast.Compare, lookup: Lookup) -> str:
    if any(isinstance(op, (ast.In, ast.NotIn, ast.Is, ast.IsNot)) for op in node.ops):
        return "bool"
    return _compared({type_of_expression(n, lookup) for n in (node.left, *node.comparators)})


def _compared(kinds: set[str]) -> str:
    table = next((t for t in (_FRAME, _SERIES, _ARRAY) if t in kinds), "")
    plain = _NUMBERS | {"str"}
    return table or ("bool" if kinds <= plain else "")


def _boolean(node: ast.BoolOp, lookup: Lookup) -> str:
    kinds = {type_of_expression(n, lookup) for n in node.values}
    return kinds.pop() if len(kinds) == 1 else ""


def _unary(node: ast.UnaryOp, lookup: Lookup) -> str:
    return "bool" if isinstance(node.op, ast.Not) else type_of_expression(node.operand, lookup)


def _binary(node: ast.BinOp, lookup: Lookup) -> str:
    left, right = type_of_expression(node.left, lookup), type_of_expression(node.right, lookup)
    for table in (_FRAME, _SERIES):
        if table in (left, right):
            return table
    if _ARRAY in (left, right):
        return _ARRAY if {left, right} <= _NUMBERS | {_ARRAY} else ""
    if left in _NUMBERS and right in _NUMBERS:
        return "float" if isinstance(node.op, ast.Div) or "float" in (left, right) else "int"
    if left == "str" and isinstance(node.op, (ast.Mod, ast.Add, ast.Mult)):
        return "str"
    both = left.partition("[")[0], right.partition("[")[0]
    return "list" if both == ("list", "list") and isinstance(node.op, ast.Add) else ""


def _choice(node: ast.IfExp, lookup: Lookup) -> str:
    kinds = {type_of_expression(n, lookup) for n in (node.body, node.orelse)}
    return kinds.pop() if len(kinds) == 1 else ""


def _attribute(node: ast.Attribute, lookup: Lookup) -> str:
    kind = type_of_expression(node.value, lookup)
    if node.attr == "T":
        return kind
    if kind in _TABLES or node.attr == "values" and kind:
        return _ATTRIBUTES.get(node.attr, "")
    if kind == "sklearn.utils.Bunch" and node.attr in ("data", "target"):
        return _ARRAY
    return ""


def _subscript(node: ast.Subscript, lookup: Lookup) -> str:
    if isinstance(node.value, ast.Attribute) and node.value.attr in ("loc", "iloc"):
        return _located(type_of_expression(node.value.value, lookup), node.slice, lookup)
    kind, key = type_of_expression(node.value, lookup), node.slice
    if kind == _FRAME and isinstance(key, ast.Constant) and isinstance(key.value, str):
        return _SERIES
    if kind in _TABLES and _selects_several(key, lookup):
        return kind
    if kind == _ARRAY and isinstance(key, ast.Tuple) and any(_selects_several(k, lookup) for k in key.elts):
        return kind
    if isinstance(key, ast.Slice) and kind.partition("[")[0] in ("list", "str", "tuple"):
        return kind
    if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
        return "int"
    return "str" if kind == "str" else ""


def _located(kind: str, key: ast.expr, lookup: Lookup) -> str:
    """What `.loc` and `.iloc` give."""
    if isinstance(key, ast.Tuple) and len(key.elts) == 2 and kind == _FRAME:
        several = [_selects_several(k, lookup) for k in key.elts]
        return _FRAME if all(several) else _SERIES if several[0] else ""
    return kind if kind in (_FRAME, _SERIES) and _selects_several(key, lookup) else ""


def _selects_several(key: ast.expr, lookup: Lookup) -> bool:
    """True for slices, lists and masks."""
    if isinstance(key, (ast.Slice, ast.List, ast.Compare, ast.ListComp)):
        return True
    if isinstance(key, ast.UnaryOp) and isinstance(key.op, ast.Invert):
        return True
    if isinstance(key, ast.BinOp) and isinstance(key.op, (ast.BitAnd, ast.BitOr)):
        return True
    return type_of_expression(key, lookup).partition("[")[0] in ("list", _SERIES, _ARRAY, "pandas.Index")


def _call(node: ast.Call, lookup: Lookup) -> str:
    function = node.func
    called = lookup.resolve(function)
    if called:
        return _of_library(called, node, lookup)
    if isinstance(function, ast.Name):
        return _of_builtin(function.id, node, lookup)
    if isinstance(function, ast.Attribute):
        return _of_method(function.attr, type_of_expression(function.value, lookup), node)
    return ""


def _of_builtin(name: str, node: ast.Call, lookup: Lookup) -> str:
    if name == "round":
        return "float" if len(node.args) > 1 else "int"
    if name in ("abs", "sum", "min", "max") and node.args:
        kinds = {type_of_expression(a, lookup) for a in node.args}
        same = kinds.pop() if len(kinds) == 1 else ""
        inner = re.fullmatch(r"list\[(int|float|str)\]", same)
        if len(node.args) == 1 and name != "abs":
            return inner[1] if inner else ""
        return same if same in _NUMBERS or same == "str" or name == "abs" and same in _TABLES else ""
    return _BUILTINS.get(name, "")


def _of_library(called: str, node: ast.Call, lookup: Lookup) -> str:
    library, _, name = called.partition(".")
    last = name.rpartition(".")[2]
    if library == "numpy":
        return _of_numpy(name, node, lookup)
    if called.startswith("sklearn.datasets.") and last.startswith(("load_", "fetch_")):
        plain = not any(k.arg in ("as_frame", "return_X_y") for k in node.keywords)
        return "sklearn.utils.Bunch" if plain else ""
    if called.startswith("sklearn.metrics.") and last.endswith(("_score", "_error", "_loss")):
        return "float" if not any(k.arg in ("average", "multioutput") for k in node.keywords) else ""
    return called if library in _CLASSY and _CLASS.fullmatch(last) else ""


def _of_numpy(name: str, node: ast.Call, lookup: Lookup) -> str:
    if name in _MAKES_ARRAYS:
        return _ARRAY
    named = {k.arg for k in node.keywords}
    if name.startswith("random."):
        sized = "size" in named or len(node.args) > 2
        return _ARRAY if name.removeprefix("random.") in _MAY_BE_NUMBERS and sized else ""
    kind = type_of_expression(node.args[0], lookup) if node.args else ""
    if name in _ELEMENTWISE:
        return "float" if kind in _NUMBERS else kind if kind in _TABLES else ""
    if name in _REDUCES and len(node.args) == 1 and not named - {"ddof"}:
        return "float" if kind in (_SERIES, _ARRAY) or kind.startswith("list") else ""
    return ""


def _of_method(method: str, kind: str, node: ast.Call) -> str:
    if method in _OF_ANY:
        return _OF_ANY[method]
    if kind == "str":
        return "str" if method in _OF_TEXT else "list" if method == "split" else ""
    if kind in _TABLES:
        if method in ("mean", "std", "var", "median") and not node.args and kind != _FRAME:
            return "float" if not any(k.arg == "axis" for k in node.keywords) else ""
        return kind if method in _KEEPS else ""
    library = kind.partition(".")[0]
    if (
        library in _CLASSY
        and method == "fit"
        and library not in ("statsmodels", "scipy", "keras", "tensorflow")
    ):
        return kind
    if library == "sklearn" and method in ("predict", "predict_proba", "decision_function"):
        return _ARRAY
    return "float" if library == "sklearn" and method == "score" else ""


_RULES: Mapping[type, Callable[..., str]] = {
    ast.Constant: _constant,
    ast.JoinedStr: lambda node, lookup: "str",
    ast.Name: _name,
    ast.List: _list,
    ast.ListComp: lambda node, lookup: "list",
    ast.Dict: _dict,
    ast.DictComp: lambda node, lookup: "dict",
    ast.Set: lambda node, lookup: "set",
    ast.SetComp: lambda node, lookup: "set",
    ast.Tuple: lambda node, lookup: "tuple",
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.IfExp: _choice,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Call: _call,
}
