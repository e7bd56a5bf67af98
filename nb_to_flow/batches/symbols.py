"""Symbols for what tasks will result in, while a flow's body is traced.

A body may hand them on, take items and attributes of them and unpack them. Whatever needs the value itself (a
condition, a loop, arithmetic, printing) raises `Untraceable`.
"""

from __future__ import annotations

from typing import Any, NoReturn

from nb_to_flow.ir.batch import Reference, Step


class Untraceable(BaseException):
    """The body needs a value that isn't there yet. No Exception, so that the body doesn't catch it."""


class Spread:
    """Key that stands for all items of a dict that isn't there yet, in `{**result}`."""

    __slots__ = ()


class Value:
    """What a piece results in, or a part of that."""

    __slots__ = ("_reference",)

    def __init__(self, reference: Reference) -> None:
        object.__setattr__(self, "_reference", reference)

    def __getitem__(self, key: Any) -> Value:
        if _holds_symbol(key):
            raise Untraceable("an item is chosen by what a task results in")
        return Value(_after(self, Step(kind="item", detail=key)))

    def __getattr__(self, name: str) -> Value:
        if name.startswith("__"):
            raise Untraceable(f"{name} of what a task results in is used")
        return Value(_after(self, Step(kind="attribute", detail=name)))

    @property  # type: ignore[misc]
    def __class__(self) -> NoReturn:  # type: ignore[override]
        """Asked for by isinstance(), which takes a symbol's own type first."""
        raise Untraceable("the type of what a task results in is looked at")


class Future:
    """What `submit` returns."""

    __slots__ = ("_value",)

    def __init__(self, value: Value) -> None:
        self._value = value

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> Value:
        """The symbol of the result."""
        if timeout is not None or not raise_on_failure:
            raise Untraceable("result() is asked to come back early or without raising")
        return self._value

    def wait(self, timeout: float | None = None) -> None:
        """Nothing: a piece waits for what it needs."""

    def __getattr__(self, name: str) -> NoReturn:
        raise Untraceable(f"{name} of a future is used")

    def __bool__(self) -> bool:
        return True


class Futures(list[Future]):
    """What `map` returns."""

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> list[Value]:
        """The symbols of all results."""
        return [future.result(timeout, raise_on_failure) for future in self]

    def wait(self, timeout: float | None = None) -> None:
        """Nothing, as with one future."""


def reference_of(symbol: Value | Future) -> Reference:
    """What a symbol stands for."""
    value = symbol if type(symbol) is Value else object.__getattribute__(symbol, "_value")
    reference = object.__getattribute__(value, "_reference")
    assert isinstance(reference, Reference)
    return reference


def is_symbol(value: object) -> bool:
    """True for what stands for a result. (isinstance would ask a `Value` for its class, which raises.)"""
    return type(value) in (Value, Future)


def unpacked(value: Any, count: int) -> Any:
    """What is assigned to `count` targets; anything but a symbol as it is."""
    if type(value) is not Value:
        return value
    return tuple(Value(_after(value, Step(kind="unpack", detail=(i, count)))) for i in range(count))


def spread(value: Any) -> Any:
    """What `**value` in a dict display takes its items from."""
    if type(value) is not Value:
        return value
    return {Spread(): Value(_after(value, Step(kind="spread")))}


def plain(value: Any) -> Any:
    """`value`, unless it is a symbol, whose identity or type would be looked at. Raises Untraceable."""
    if is_symbol(value):
        raise Untraceable("it depends on what a task results in")
    return value


def _holds_symbol(key: Any) -> bool:
    if type(key) is slice:
        return any(map(is_symbol, (key.start, key.stop, key.step)))
    return is_symbol(key) or (type(key) is tuple and any(map(_holds_symbol, key)))


def _after(value: Value, step: Step) -> Reference:
    known = reference_of(value)
    return Reference(piece=known.piece, steps=(*known.steps, step))


def _refuse(name: str) -> Any:
    def method(self: Value, *args: Any, **options: Any) -> NoReturn:
        raise Untraceable(f"{_WORDS.get(name, 'an operation')} on what a task results in")

    return method


_WORDS = {
    "__bool__": "a condition",
    "__iter__": "a loop or an unpacking",
    "__contains__": "a condition",
    "__len__": "len()",
    "__call__": "a call",
    "__str__": "printing or formatting",
    "__repr__": "printing or formatting",
    "__format__": "printing or formatting",
    "__setitem__": "a change",
    "__delitem__": "a change",
    "__setattr__": "a change",
    "__delattr__": "a change",
    **dict.fromkeys(("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"), "a comparison"),
}
_BINARY = [
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "divmod",
    "pow",
    "matmul",
    "lshift",
    "rshift",
    "and",
    "or",
    "xor",
]
_OTHERS = [
    "hash",
    "neg",
    "pos",
    "abs",
    "invert",
    "int",
    "float",
    "complex",
    "index",
    "round",
    "trunc",
    "floor",
    "ceil",
    "bytes",
    "enter",
    "exit",
    "aenter",
    "aexit",
    "await",
    "aiter",
    "anext",
    "next",
    "reversed",
    "reduce",
    "reduce_ex",
    "copy",
    "deepcopy",
    "fspath",
    "array",
    "dir",
    "sizeof",
]
for _name in (
    *_WORDS,
    *(f"__{name}__" for name in _OTHERS),
    *(f"__{side}{name}__" for name in _BINARY for side in ("", "r", "i")),
):
    setattr(Value, _name, _refuse(_name))
