"""The vocabulary of the knowledge tables.

A table has `[functions]` by qualified name ("pandas.read_csv", "open") and `[types."pandas.DataFrame"]` with
`bases`, `traits`, `attributes` and `methods`. Classes are listed under types; calling one gives a fresh
instance (its `__init__` entry under methods says what the constructor does beyond that).

*Targets* name an argument of the call: "self" (the receiver), "0" (first positional argument, the receiver not
counted), "x" (keyword), "0|x" (either), "*" (all arguments), "**" (all, and what is inside them). A target in
`changes`, `inplace` may end in ".content": not only the object's own slots change (replaced columns, appended
items) but the memory or the objects inside it that others may share (`df.loc[m, c] = 1`, `a += 1`, `shuffle`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiFacts:
    """What one function, method or attribute does.

    Attributes:
        returns: qualified type of the result ("pandas.DataFrame", "int", "None"), "same" for the type of
            the receiver (or first argument, for functions), "" unknown. Types joined by " | " are possible.
        result: how the result relates to what was passed:
            "fresh"     shares nothing mutable with anything (default)
            "self"      is the receiver itself
            "0"         is that argument itself (any target)
            "view"      a new object over the receiver's memory (function: the first argument's)
            "part"      an object inside the receiver (function: the first argument), or the receiver's item
            "items"     a new object that holds the items inside the receiver (function: the first argument)
            "holds"     a new object that keeps references to the arguments (and the receiver)
            "holds 0|x" a new object that keeps only that argument
        elements: type of the items when the result is iterated or subscripted, "" unknown.
        changes: targets changed in place, always.
        inplace: targets changed, and None returned, when called with `inplace=True`.
        stores: targets that the receiver (function: the first argument) holds on to afterwards.
        calls: targets that are called.
        effects: "<access> <kind> <name>" with access and kind from `nb_to_flow.ir.facts`; name may be
            "@<target>" (the argument's value is the path). A suffix " unless k" switches it off when
            keyword k is given and not None; " if k" needs keyword k to be given and not None/False.
    """

    returns: str = ""
    result: str = "fresh"
    elements: str = ""
    changes: tuple[str, ...] = ()
    inplace: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeFacts:
    """What values of one type are like.

    Attributes:
        name: qualified name; builtins bare ("list").
        bases: types whose attributes and methods it has too.
        traits: any of
            "immutable" can't change, sharing it is harmless (int, str, Timestamp, dtype)
            "buffer"    owns or views memory that others may share (arrays, frames, series)
            "container" holds other objects as items (list, dict, set)
            "handle"    can't be pickled or is bound to this process (file, connection, generator, lock)
            "figure"    a drawing object (Figure, Axes, anything drawn)
            "iterator"  is used up by iterating
            "indexer"   df.loc, df.iloc: stores go through to the receiver
            "opaque"    an object of the library whose unknown methods are assumed to change it
            "reader"    an object whose unknown methods are assumed to leave it as it is
        attributes: what `x.name` gives.
        methods: what `x.name(...)` does. Operators are under their dunder names (`__getitem__`,
            `__setitem__`, `__iadd__`, `__call__`, `__iter__`).
        copy: "method" if `x.copy()` makes an independent copy, "deep" if deepcopy is needed.
    """

    name: str
    bases: tuple[str, ...] = ()
    traits: frozenset[str] = frozenset()
    attributes: dict[str, ApiFacts]
    methods: dict[str, ApiFacts]
    copy: str = "deep"
