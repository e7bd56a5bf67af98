import ast

import pytest

from nb_to_flow.ir.scopes import bound_anywhere, global_loads

# `x` is looked up in the module so many times, of these in a function's body.
LOADS = [
    ("x", 1, 0),
    ("x = 1", 0, 0),
    ("x += 1", 0, 0),
    ("y.x", 0, 0),
    ("def f(): return x", 1, 1),
    ("def f(x): return x", 0, 0),
    ("def f(*x, **y): return x", 0, 0),
    ("def f(a=x): return a", 1, 0),
    ("def f(x=x): return x", 1, 0),
    ("def f(a: x) -> x: pass", 2, 0),
    ("@x\ndef f(): pass", 1, 0),
    ("def f():\n    x = 1\n    return x", 0, 0),
    ("def f():\n    global x\n    x = x + 1", 1, 1),
    ("def f():\n    x = 1\n    def g(): return x\n    return g", 0, 0),
    ("def f():\n    def g(x): return x\n    return x", 1, 1),
    ("def f():\n    import x\n    return x", 0, 0),
    ("def f():\n    for x in y: pass\n    return x", 0, 0),
    ("def f():\n    [a for x in y]\n    return x", 1, 1),
    ("def f():\n    [(x := a) for a in y]\n    return x", 0, 0),
    ("lambda: x", 1, 0),
    ("lambda x: x", 0, 0),
    ("lambda a=x: a", 1, 0),
    ("[x for x in y]", 0, 0),
    ("[x for a in y]", 1, 0),
    ("[x for x in x]", 1, 0),
    ("[x for a in x for x in a]", 1, 0),
    ("[a for a in y if x]", 1, 0),
    ("{x: a for x, a in y}", 0, 0),
    ("class C:\n    y = x", 1, 0),
    ("class C:\n    x = 1\n    y = x", 0, 0),
    ("class C:\n    x = 1\n    def m(self): return x", 1, 1),
    ("class C:\n    x = 1\n    y = [x for a in b]", 1, 0),
    ("class C:\n    x = 1\n    y = [a for a in x]", 0, 0),
    ("class C(x): pass", 1, 0),
    ("def f():\n    x = 1\n    class C:\n        y = x", 0, 0),
    ("match y:\n    case [x]: x", 1, 0),
    ("def f():\n    match y:\n        case {'a': 1, **x}: return x", 0, 0),
    ("def f():\n    try: pass\n    except E as x: print(x)", 0, 0),
]


@pytest.mark.parametrize(("code", "count", "in_functions"), LOADS)
def test_loads_from_the_module(code: str, count: int, in_functions: int) -> None:
    found = [load for load in global_loads(ast.parse(code)) if load.node.id == "x"]
    assert (len(found), sum(load.in_function for load in found)) == (count, in_functions)


def test_a_load_knows_what_it_is_part_of() -> None:
    (load,) = (found for found in global_loads(ast.parse("print(x[3])")) if found.node.id == "x")
    assert isinstance(load.parent, ast.Subscript)


def test_loads_come_in_order() -> None:
    code = "a = b + c\ndef f(d=e): return g\nh(i, [j for k in l])"
    assert [load.node.id for load in global_loads(ast.parse(code))] == [
        "b",
        "c",
        "e",
        "g",
        "h",
        "i",
        "l",
        "j",
    ]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("x = y", {"x"}),
        ("def f(a, *b, c=1, **d):\n    e = 1", {"f", "a", "b", "c", "d", "e"}),
        ("import a.b, c as d\nfrom e import f\nfrom g import *", {"a", "d", "f"}),
        ("class C:\n    x = [y for y in z]", {"C", "x", "y"}),
        ("for i, (j, k) in x: del k", {"i", "j", "k"}),
        ("try: pass\nexcept E as e: (w := 1)", {"e", "w"}),
        ("match x:\n    case [a, *b] | {'k': a, **b}: pass", {"a", "b"}),
    ],
)
def test_names_bound_anywhere(code: str, names: set[str]) -> None:
    assert set(bound_anywhere(ast.parse(code))) == names
