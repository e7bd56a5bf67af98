"""Calls library APIs on samples and compares what happens with what the knowledge tables say.

Run as a script it checks the libraries of the environment it runs in: `python tests/facts/knowledge_checker.py`.
"""

from __future__ import annotations

import copy
import importlib
import io
import random
import re
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from knowledge_samples import (
    ARGUMENTS,
    CONSTRUCTED,
    FUNCTION_ARGUMENTS,
    METHOD_ARGUMENTS,
    NOMINAL,
    NOT_CALLED,
    SAMPLES,
    SKIPPED,
    labels,
    points,
)

from nb_to_flow.facts.knowledge.lookup import Knowledge, load_knowledge
from nb_to_flow.facts.knowledge.model import ApiFacts

COPY_ON_WRITE = int(pd.__version__.split(".")[0]) >= 3
TABLES = ("builtins", "pandas", "numpy", "sklearn")
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
OUTSIDE = frozenset(
    {"file", "network", "database", "subprocess", "everything", "environment", "directory", "ambient"}
)
FITTING: list[Callable[[], Any]] = [
    lambda: ((points(), labels()), {}),
    lambda: ((points(), np.c_[labels(), points()]), {}),
    lambda: ((points(),), {}),
    lambda: ((points(), points().sum(axis=1) + 1), {}),
    lambda: ((points() + 1, points() + 1), {}),
    lambda: ((labels(), labels()), {}),
    lambda: ((labels(),), {}),
    lambda: ((np.ones((9, 2000)) + np.arange(2000),), {}),
    lambda: ((np.eye(4),), {}),
    lambda: ((["some text", "more text"],), {}),
    lambda: (([{"a": 1}, {"a": 2}],), {}),
]
IMMUTABLE = (
    int,
    float,
    complex,
    str,
    bytes,
    bool,
    type(None),
    range,
    slice,
    type,
    types.FunctionType,
    np.generic,
)


Sample = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """One API and a way to call it: on a receiver (methods, attributes) or not (functions)."""

    name: str
    api: ApiFacts
    call: Callable[..., Any]
    receivers: tuple[Callable[[], Any] | None, ...]
    arguments: list[Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]] = field(default_factory=list)

    @property
    def is_method(self) -> bool:
        return self.receivers != (None,)


def cases(knowledge: Knowledge) -> Iterator[Case]:
    """Every entry of the checked tables that exists in this environment's libraries."""
    for stem, table in knowledge.load_all().items():
        if stem not in TABLES:
            continue
        for name, api in table.functions.items():
            function = find(name)
            if function is not None and may_call(name, api):
                yield Case(name, api, function, (None,), guesses(name))
    for type_name, samples in SAMPLES.items():
        yield from cases_of_type(knowledge, type_name, samples)
    yield from constructors(knowledge)
    yield from estimators(knowledge)


def constructors(knowledge: Knowledge) -> Iterator[Case]:
    """Making an instance, with each way that the samples list."""
    for name, ways in CONSTRUCTED.items():
        for number, way in enumerate(ways):
            args, _ = pack(way())
            api = knowledge.function(name, knowledge.canonical(_name(type(args[0]))))
            if api is not None:
                yield Case(f"{name}() {number}", api, find(name), (None,), [lambda way=way: pack(way())])


def estimators(knowledge: Knowledge) -> Iterator[Case]:
    """Fitting each scikit-learn estimator, with and without a seed, and predicting with it."""
    for name in knowledge.load_all()["sklearn"].types:
        estimator = find(name)
        if estimator is None or not knowledge.is_a(name, "sklearn.base.BaseEstimator"):
            continue
        for parameters in ({}, {"random_state": 0}):
            with suppress(Exception):  # it may need an estimator, or take no seed
                estimator(**parameters)
                yield from _estimator_cases(knowledge, name, estimator, parameters)


def _estimator_cases(
    knowledge: Knowledge, name: str, estimator: Any, parameters: dict[str, Any]
) -> Iterator[Case]:
    type_name = knowledge.constructed(name, frozenset(parameters))
    for method in ("fit", "predict", "transform"):
        api = knowledge.method(type_name, method)
        if api is not None and hasattr(estimator, method):
            call = method_call(method)
            ways = FITTING if method == "fit" else [lambda: ((points(),), {})]
            sample = (
                (lambda: made(estimator, parameters))
                if method == "fit"
                else (lambda: fitted(estimator, parameters))
            )
            yield Case(f"{type_name}.{method}", api, call, (sample,), ways)


def made(estimator: Any, parameters: dict[str, Any]) -> Any:
    """A new one that doesn't take long."""
    new = estimator(**parameters)
    if getattr(new, "max_iter", None):
        new.max_iter = 250 if type(new).__name__ == "TSNE" else 20
    return new


def fitted(estimator: Any, parameters: dict[str, Any]) -> Any:
    for way in FITTING:
        with suppress(Exception):
            return made(estimator, parameters).fit(*way()[0])
    return made(estimator, parameters)


def cases_of_type(knowledge: Knowledge, type_name: str, samples: tuple[Sample, ...]) -> Iterator[Case]:
    """The methods and attributes of one type, its bases' included."""
    lineage = [facts for facts in knowledge.lineage(type_name) if facts.name != "object"]
    for name in sorted({n for facts in lineage for n in facts.methods}):
        plain = name.partition(":")[0]
        if plain in ("__init__", "__getitem__", "__setitem__", "__delitem__") or not has(samples[0], plain):
            continue
        api = knowledge.method(type_name, name)
        if api is not None and may_call(f"{type_name}.{plain}", api, plain):
            alike = [lambda s=s: ((s(),), {}) for s in samples] if plain.startswith("__") else []
            arguments = [*alike, *guesses(f"{type_name}.{plain}", plain)]
            yield Case(f"{type_name}.{name}", api, method_call(plain), samples, arguments)
    for name in sorted({n for facts in lineage for n in facts.attributes}):
        api = knowledge.attribute(type_name, name)
        if api is not None and has(samples[0], name):
            yield Case(
                f"{type_name}.{name} (attribute)", api, attribute_call(name), samples, [lambda: ((), {})]
            )
    yield from subscripts(knowledge, type_name, samples[0])


def subscripts(knowledge: Knowledge, type_name: str, sample: Sample) -> Iterator[Case]:
    """Reading and storing with each kind of index that the sample's type has in `ARGUMENTS`."""
    for method in ("__getitem__", "__setitem__"):
        for kind, index, value in ARGUMENTS.get(type_name, ()):
            api = knowledge.method(type_name, f"{method}:{kind}")
            if api is not None:
                extra = (value,) if method == "__setitem__" else ()
                arguments = [lambda index=index, extra=extra: ((index(), *copy.deepcopy(extra)), {})]
                yield Case(f"{type_name}.{method}:{kind}", api, method_call(method), (sample,), arguments)


def may_call(name: str, api: ApiFacts, plain: str = "") -> bool:
    """False for what is skipped by name, and for what reaches outside unless arguments are given for it."""
    if name in SKIPPED or plain in SKIPPED or name.endswith("*"):
        return False
    outside = any(effect.split(" ")[1] in OUTSIDE for effect in api.effects)
    return not outside or name in FUNCTION_ARGUMENTS or name in METHOD_ARGUMENTS or plain in METHOD_ARGUMENTS


def method_call(name: str) -> Callable[..., Any]:
    return lambda receiver, *args, **kwargs: getattr(receiver, name)(*args, **kwargs)


def attribute_call(name: str) -> Callable[..., Any]:
    return lambda receiver: getattr(receiver, name)


def has(sample: Sample, name: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(Exception):
            return hasattr(sample(), name)
    return False


def find(qualified: str) -> Any:
    """The object that a qualified name means in this environment, or None."""
    module, _, rest = ("builtins", "", qualified) if "." not in qualified else qualified.partition(".")
    if module in ("str", "int", "float", "bytes", "dict"):
        module, rest = "builtins", qualified
    with warnings.catch_warnings(), suppress(Exception):
        warnings.simplefilter("ignore")
        found: Any = importlib.import_module(module)
        for part in filter(None, rest.split(".")):
            if isinstance(found, types.ModuleType) and not hasattr(found, part):
                importlib.import_module(f"{found.__name__}.{part}")
            found = getattr(found, part)
        return found
    return None


def guesses(name: str, plain: str = "") -> list[Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]]:
    """Ways to call it, the most fitting first."""
    special = FUNCTION_ARGUMENTS.get(name) or METHOD_ARGUMENTS.get(name) or METHOD_ARGUMENTS.get(plain)
    if special is not None:
        return [lambda s=s: pack(s()) for s in special]
    root = name.partition(".")[0]
    return [lambda s=s: pack(s()) for s in FUNCTION_ARGUMENTS.get(f"{root}.*", FUNCTION_ARGUMENTS["*"])]


def pack(value: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    args = value if isinstance(value, tuple) else (value,)
    if args and isinstance(args[-1], dict) and args[-1].get("**"):
        return args[:-1], {k: v for k, v in args[-1].items() if k != "**"}
    return args, {}


# -- what is looked at ---------------------------------------------------------------------------------


def digest(value: Any, depth: int = 0) -> Any:
    """A value's whole content, comparable."""
    if isinstance(value, (pd.DataFrame, pd.Series)):
        return (
            repr(value.to_dict()),
            repr(list(value.index)),
            value.index.names,
            list(map(str, np.ravel(value.dtypes))),
        )
    if isinstance(value, pd.Index):
        return (repr(list(value)), value.names)
    if isinstance(value, np.ndarray):
        return (value.shape, str(value.dtype), repr(value.tolist()))
    if isinstance(value, dict):
        return [(k, digest(v, depth + 1)) for k, v in value.items()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [digest(v, depth + 1) for v in value]
    if isinstance(value, IMMUTABLE) or not hasattr(value, "__dict__") or depth > 3:
        return ADDRESS.sub("", repr(value))
    return [(k, digest(v, depth + 1)) for k, v in sorted(vars(value).items()) if not k.startswith("_")]


def memory(value: Any, depth: int = 0) -> list[np.ndarray]:
    """The arrays whose memory a value shows."""
    if isinstance(value, np.ndarray):
        return [value] if value.size and value.dtype != object else []
    if isinstance(value, pd.DataFrame):
        return [a for i in range(value.shape[1]) for a in memory(value.iloc[:, i])]
    if isinstance(value, pd.Series):
        return memory(value.values)
    if isinstance(value, (list, tuple)) and depth < 2:
        return [a for v in value for a in memory(v, depth + 1)]
    if isinstance(value, pd.api.extensions.ExtensionArray):
        return [a for name in ("_ndarray", "_codes", "_data") for a in memory(getattr(value, name, None))]
    return []


def shares(one: Any, other: Any) -> bool:
    """True if writing into one is seen in the other."""
    if COPY_ON_WRITE and is_pandas(one) and is_pandas(other):
        return False
    return any(a.flags.writeable and np.shares_memory(a, b) for a in memory(one) for b in memory(other))


def is_pandas(value: Any) -> bool:
    inner = value[0] if isinstance(value, (list, tuple)) and value else value
    return isinstance(inner, (pd.DataFrame, pd.Series, pd.Index))


def inside(value: Any) -> dict[int, Any]:
    """The mutable things directly inside a container."""
    if isinstance(value, dict):
        items = [*value.keys(), *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        items = list(value)
    else:
        return {}
    return {id(item): item for item in items if not isinstance(item, (*IMMUTABLE, tuple, frozenset))}


def random_state() -> tuple[Any, ...]:
    state = np.random.get_state()
    return (state[1].tobytes(), state[2], state[3], state[4]), random.getstate()


# -- the check -----------------------------------------------------------------------------------------


class Uncallable(Exception):
    """None of the guessed arguments fit."""


def check(case: Case) -> list[str]:
    """What the entry gets wrong; empty if it is right. Raises `Uncallable` if no call succeeded."""
    problems: list[str] = []
    called, reason = 0, _CallFailed()
    variants = [(r, i) for r in case.receivers for i in ((False, True) if case.api.inplace else (False,))]
    for sample, in_place in variants:
        for make in case.arguments:
            try:
                problems += check_call(case, sample, make, in_place)
                called += 1
                break
            except _CallFailed as failure:
                reason = failure
    if not called:
        raise Uncallable(f"{case.name}: {reason}")
    return problems


class _CallFailed(Exception):
    pass


def check_call(case: Case, sample: Sample | None, make: Callable[[], Any], in_place: bool) -> list[str]:
    np.random.seed(1)
    random.seed(1)
    receiver = sample() if sample else None
    args, kwargs = make()
    if in_place:
        kwargs = {**kwargs, "inplace": True}
    everything = ([receiver] if sample else []) + [*args, *kwargs.values()]
    before, state = [digest(v) for v in everything], random_state()
    buffers = [(a, a.copy()) for v in everything for a in memory(v)]
    inner = {k: (v, digest(v)) for thing in everything for k, v in inside(thing).items()}
    result = run(case, receiver, args, kwargs)
    changed = [i for i, v in enumerate(everything) if digest(v) != before[i]]
    written = any(not same(a, b) for a, b in buffers) or any(digest(v) != d for v, d in inner.values())
    problems = changes_claimed(case, args, changed, written, in_place)
    moves = any(e.startswith(("draw", "seed")) for e in case.api.effects) or case.api.effects_of
    if random_state() != state and not moves:
        problems.append("draws random numbers")
    problems += result_claimed(case, receiver, args, kwargs, everything, inner, result, in_place)
    return [f"{case.name}: {p}" for p in problems]


def run(case: Case, receiver: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    positional = (receiver, *args) if case.is_method else args
    with (
        warnings.catch_warnings(),
        redirect_stdout(io.StringIO()),
        redirect_stderr(io.StringIO()),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        try:
            result = case.call(*positional, **kwargs)
        except Exception as error:
            raise _CallFailed(f"{type(error).__name__}: {error}") from error
    if result is NotImplemented:
        raise _CallFailed("NotImplemented")
    return result


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(one.shape == other.shape and one.tobytes() == other.tobytes())


def changes_claimed(
    case: Case, args: tuple[Any, ...], changed: list[int], written: bool, in_place: bool
) -> Iterator[str]:
    api, offset = case.api, 1 if case.is_method else 0
    claimed = (*api.changes, *(api.inplace if in_place else ()))
    return list(_changes(claimed, offset, changed, written))


def _changes(claimed: tuple[str, ...], offset: int, changed: list[int], written: bool) -> Iterator[str]:
    for position in changed:
        name = "self" if position < offset else str(position - offset)
        if not any(c.startswith((name, "*")) for c in claimed):
            yield f"changes {name}"
    if written and not any(c.endswith(".content") for c in claimed):
        yield "changes content (shared memory or items)"


def result_claimed(
    case: Case,
    receiver: Any,
    args: Any,
    kwargs: Any,
    everything: list[Any],
    inner: Any,
    result: Any,
    in_place: bool,
) -> list[str]:
    if in_place:
        return [] if result is None or any(result is v for v in everything) else ["inplace gives a result"]
    relation = case.api.result
    words = {part.split(" ")[0] for part in relation.split(" | ")}
    problems = list(_relation(words, receiver, everything, inner, result, case.is_method))
    if case.api.returns and not any(
        fits(result, name, receiver, args) for name in case.api.returns.split(" | ")
    ):
        problems.append(f"returns {type(result).__module__}.{type(result).__name__}, not {case.api.returns}")
    return problems


def _relation(
    words: set[str], receiver: Any, everything: list[Any], inner: Any, result: Any, method: bool
) -> Iterator[str]:
    if isinstance(result, IMMUTABLE) or result is Ellipsis:
        return
    identical = [i for i, v in enumerate(everything) if v is result and not isinstance(v, (tuple, frozenset))]
    if identical and not words & {"self", "0", "1", "2", "part"}:
        yield "returns an argument itself"
    if id(result) in inner and not words & {"part", "self", "0"}:
        yield "returns a part"
    if set(inside(result)) & set(inner) and not identical and words == {"fresh"}:
        yield "result holds what the arguments hold"
    if not identical and words == {"fresh"} and any(shares(result, v) for v in everything):
        yield "result shares memory"


def fits(result: Any, name: str, receiver: Any, args: Any) -> bool:
    """True if the result is of the type of that name."""
    if name == "None":
        return result is None
    if name == "same":
        model = receiver if receiver is not None else args[0]
        return model is result or isinstance(result, type(model)) or isinstance(model, type(result))
    if name in ("int", "float", "bool", "complex") and np.ndim(result) == 0:
        allowed = {"int": (int, np.integer), "float": (int, float, np.number), "bool": (bool, np.bool_)}
        return isinstance(result, allowed.get(name, (complex, np.number)))
    if name == "iterator":
        return hasattr(result, "__next__") or hasattr(result, "__iter__")
    if name == "function":
        return callable(result)
    if name in NOMINAL:
        return True
    if name == "elementwise":
        return isinstance(result, (np.ndarray, np.generic, pd.DataFrame, pd.Series, float, int))
    knowledge = load_knowledge()
    names = {knowledge.canonical(_name(t)) for t in type(result).__mro__}
    return bool(names & {name}) or any(knowledge.is_a(n, name) for n in names)


def _name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def main() -> int:
    """Check everything; print what is wrong."""
    wrong, skipped, right = [], [], 0
    for case in cases(load_knowledge()):
        try:
            problems = check(case)
        except Uncallable as reason:
            if case.name in NOT_CALLED:
                continue
            skipped.append(str(reason))
            continue
        wrong += problems
        right += not problems
    print(*wrong, sep="\n")
    print("uncallable:", *skipped, sep="\n  ")
    print(f"{right} right, {len(wrong)} wrong, {len(skipped)} could not be called")
    return 1 if wrong or skipped else 0


if __name__ == "__main__":
    sys.exit(main())
