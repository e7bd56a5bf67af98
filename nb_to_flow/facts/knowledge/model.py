"""The vocabulary of the knowledge tables.

A table file is named after the library's root module (`pandas.toml`; `builtins` and `stdlib` are files of
their own) and has, each keyed by one or more names separated by spaces:

    [aliases]                     "pandas.core.frame" = "pandas"     (prefixes of qualified names)
    [functions.pandas]            "read_csv read_table" = {returns = "pandas.DataFrame", effects = [...]}
    [values.numpy]                "pi e" = "float"                   (attributes of a module; "*" for all others)
    [classes."sklearn.svm"]       "SVC SVR" = "sklearn.Classifier"   (types that only have bases)
    [types."pandas.DataFrame"]    with `bases`, `traits`, `copy`, and the tables `attributes` and `methods`

A plain string in place of an entry is its `returns`; where a list is wanted, a plain string is its only item.
Calling a class gives a fresh instance; its `__init__` entry says what the constructor does beyond that, in a
function's terms (its `result` says how the instance relates to the first argument).

*Targets* name an argument of the call: "self" (the receiver), "0" (first positional argument, the receiver not
counted), "x" (keyword), "0|x" (either), "*" (all arguments), "**" (all, and what is inside them), "**kw" (all
that are given by keyword). A target in `changes`, `inplace` may end in ".content": not only the object's own
slots change (replaced columns, appended items) but the memory or the objects inside it that others may share
(`df.loc[m, c] = 1`, `a += 1`, `shuffle`). In `stores` it is the things inside the argument that are kept, not
the argument itself (`list.extend`).

What holds for all entries is not said in each: a keyword `out` is changed, `copy=False` makes a fresh result a
view, whoever is given an iterator uses it up.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiFacts:
    """What one function, method or attribute does.

    Attributes:
        returns: qualified type of the result ("pandas.DataFrame", "int", "None"), "same" for the type of
            the receiver (or first argument, for functions), "elementwise" for what numpy makes of the first
            argument (`Knowledge.function` settles it; callers never see it), "" unknown. Types joined by
            " | " are possible.
        result: how the result relates to what was passed:
            "fresh"     shares nothing mutable with anything (default)
            "self"      is the receiver itself
            "0"         is that argument itself (any target)
            "view"      a new object over the receiver's memory (function: the first argument's)
            "part"      an object inside the receiver (function: the first argument), or the receiver's item
            "items"     a new object that holds the items inside the receiver (function: the first argument)
            "holds"     a new object that keeps references to the arguments (and the receiver)
            "holds 0|x" a new object that keeps only that argument
            "halves"    a new sequence with two new parts of each argument, of its type
            "view", "part", "items" and "holds" may name their target ("items 1|b"; "part *": one of the
            arguments or something inside them). Several joined by " | " are all possible, even at once.
        elements: type of the items when the result is iterated or subscripted, "" unknown; "same" for the
            types of the arguments.
        changes: targets changed in place, always.
        fills: what a receiver with the trait "caches" keeps of this; `changes = "self"` then holds only while one
            of these is not kept yet ("model.x": kept by the model inside). For attributes, by default their name.
        inplace: targets changed, and None returned, when called with `inplace=True`.
        stores: targets that the receiver (function: the first argument) holds on to afterwards.
        calls: targets that are called.
        effects_of: targets with a method's name ("0|estimator.fit", "self.content.fit"): the call has also the
            effects, not the changes, of that method of that argument (or of the objects it holds).
        effects: "<access> <kind> <name>" with access and kind from `nb_to_flow.ir.facts`; name may be
            "@<target>" (the argument's value is the path). A suffix " unless k" switches it off when
            keyword k is given and not None; " if k" needs keyword k to be given and not None/False;
            k may be an alternative like "0|path", and "k=text" asks for a text. The access "mode" is read, write or append as a mode
            string says; its argument and default follow: "mode file @0|file 1|mode r". " if self.k" and
            " unless self.k" ask for a keyword of the receiver's constructor ("self.no_k": given as False), also
            after a type in `returns` (`Knowledge.constructed` settles them; callers never see them).
    """

    returns: str = ""
    result: str = "fresh"
    elements: str = ""
    changes: tuple[str, ...] = ()
    fills: tuple[str, ...] = ()
    inplace: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    effects_of: tuple[str, ...] = ()


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
            "lossy"     comes out of a pickle as something less; pickling may even change the original
            "figure"    a drawing object (Figure, Axes, anything drawn)
            "iterator"  is used up by iterating
            "indexer"   df.loc, df.iloc: stores go through to the receiver
            "opaque"    an object of the library whose unknown methods are assumed to change it
            "caches"    an object that stores what was computed from it: looking at it may change it
            "lazy"      an object that loads itself, or indexes what it holds, when it is first given to something
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
