"""What an author may write: each phrase is a function from the author to a statement, or to nothing."""

from __future__ import annotations

from collections.abc import Callable

from tests.soundness.author import KEYS, Author

Phrase = Callable[[Author], "str | None"]


def change(me: Author, kind: str, at: str) -> str:
    """A statement that changes the value of a kind at an expression in place."""
    value, number = me.any(), me.rng.randrange(1, 9)
    key = repr(me.pick(KEYS))
    options = {
        "list": [
            f"{at}.append({value})", f"{at}.extend([{value}, {number}])", f"{at}.insert(0, {value})", f"{at}[0] = {value}",
            f"{at}[:1] = [{number}]", f"{at}.reverse()", f"del {at}[0]", f"{at}.pop()", f"{at}.sort(key=str)",
            f"{at}.clear()", f"{at}.extend({me.a('list')}[:3])", f"{at} += [{value}]",
        ],
        "dict": [
            f"{at}[{key}] = {value}", f"{at}.update({{{key}: {value}}})", f"{at}.setdefault({key}, []).append({number})",
            f"{at}.pop({key}, None)", f"{at}[{key}] = {at}.get({key}, {value})", f"{at} |= {{'z': {number}}}",
        ],
        "set": [f"{at}.add({number % 8})", f"{at} |= {{{number % 8}, 0}}", f"{at}.discard({number})", f"{at}.update([5, 6])"],
        "array": [
            f"{at} += {number}", f"{at}[0] = {number}", f"{at}[...] = {number}", f"{at}.fill({number})", f"{at}.sort()",
            f"{at} *= {number}", f"np.add({at}, 1, out={at})", f"{at}[{at} > 2] = 0", f"{at}[1:] = {at}[:-1]",
        ],
        "object": [f"{at}.n = {value}", f"{at}.items = {me.a('list')}", f"{at}.items.append({value})", f"setattr({at}, 'n', {number})"],
    }  # fmt: skip
    return me.pick(options[kind])


MUTABLE = ("list", "dict", "set", "array", "object")


def bind(me: Author) -> str:
    """A new value."""
    kind = me.pick(["int", "str", "float", "list", "list", "dict", "set", "array", "tuple", "object"])
    return f"{me.target()} = {me.literal(kind)}"


def alias(me: Author) -> str | None:
    """Another name for what exists, directly or inside something."""
    path = me.path(*MUTABLE)
    if path is None:
        return None
    name, other = me.target(), me.target()
    forms = [
        f"{name} = {path}", f"{name} = [{path}, {me.any()}]", f"{name} = {{'a': {path}}}", f"{name} = ({path}, {path})",
        f"{name}, {other} = {path}, {me.any()}", f"{name} = {other} = {path}", f"{name} = {path} or []",
        f"{name} = {path} if {me.condition()} else {me.any()}", f"{name} = dict(a={path}, b=1)",
        f"{name} = list({me.a('list')})", f"{name} = {me.a('list')}[:]", f"{name} = {me.a('dict')}.copy()",
        f"{name} = [v for v in {me.a('list')}]", f"{name} = list(zip({me.a('list')}, {me.a('list')}))",
        f"{name} = {me.a('dict')}.get('a')", f"{name} = {{**{me.a('dict')}}}", f"{name}, *{other} = {me.a('list')}",
        f"{name} = {me.a('list')} + [{path}]", f"{name} = max({me.a('list')}, key=str)",
    ]  # fmt: skip
    return me.pick(forms)


def view(me: Author) -> str | None:
    """Memory shared between arrays."""
    path = me.path("array")
    if path is None:
        return None
    form = me.pick(
        [
            "{}[1:]",
            "{}[::2]",
            "{}.reshape(-1)",
            "{}.T",
            "{}.ravel()",
            "np.asarray({})",
            "{}[:]",
            "{}.copy()",
            "{} + 1",
        ]
    )
    return f"{me.target()} = {form.format(path)}"


def mutate(me: Author) -> str | None:
    """A change in place."""
    kind = me.pick(MUTABLE)
    path = me.path(kind)
    return None if path is None else change(me, kind, path)


def take(me: Author) -> str | None:
    """A change whose value is kept."""
    path = me.path("list")
    return None if path is None else f"{me.target()} = {path}.pop()"


def augment(me: Author) -> str | None:
    """An in-place operator on a number or text."""
    kind = me.pick(["int", "str", "list", "float"])
    path = me.path(kind)
    operator = me.pick(["+=", "*="]) if kind in ("int", "float") else "+="
    return None if path is None else f"{path} {operator} {me.a(kind)}"


def compute(me: Author) -> str:
    """A value made of others."""
    forms = [
        f"{me.a('int')} * 2 + {me.a('int')}", f"sum(len(str(v)) for v in {me.told('list')})", f"str({me.any()})",
        f"sorted({me.a('set')}, key=str)", f"float({me.a('array')}.sum())", f"{{str(v): [v] for v in {me.a('list')}[:3]}}",
        f"[({me.a('int')}, v) for v in {me.a('list')}[:3]]", f"repr({me.a('list')})",
        f"len({me.a('dict')})", f"{me.a('array')} * 2", f"[len(str(v)) for v in {me.told('dict')}.values()]",
    ]  # fmt: skip
    return f"{me.target()} = {me.pick(forms)}"


def walrus(me: Author) -> str:
    """Names bound inside expressions."""
    name, other = me.new(), me.target()
    forms = [
        f"{other} = [{name} := v for v in {me.a('list')}[:3]]", f"if ({name} := {me.a('int')}) > 2:\n    {other} = {name}",
        f"{other} = ({name} := {me.a('list')})", f"print([{name} := len(str(v)) for v in {me.told('list')}])",
    ]  # fmt: skip
    return me.pick(forms)


def simple(me: Author) -> str:
    """A statement to stand in a block."""
    for _ in range(5):
        text = me.pick([bind, mutate, mutate, augment, compute, say, alias])(me)
        if text and "\n" not in text:
            return text
    return "pass"


def branch(me: Author) -> str:
    """Statements on some paths only."""
    first, second = simple(me), simple(me)
    forms = [
        f"if {me.condition()}:\n    {first}", f"if {me.condition()}:\n    {first}\nelse:\n    {second}",
        f"try:\n    {first}\nexcept Exception:\n    {second}", f"try:\n    {first}\nfinally:\n    {second}",
        f"try:\n    {first}\n    {me.a('dict')}['missing']\nexcept (KeyError, TypeError):\n    {second}",
        f"match {me.a('int')}:\n    case 1 | 2 | 3:\n        {first}\n    case {me.new()}:\n        {second}",
        f"if not {me.condition()}:\n    {first}\nelif {me.condition()}:\n    {second}",
        f"try:\n    {first}\nexcept ValueError as error:\n    print(error)\nelse:\n    {second}",
    ]  # fmt: skip
    return me.pick(forms)


def loop(me: Author) -> str:
    """Statements done several times."""
    variable, first, second = me.target(), simple(me), simple(me)
    over = me.pick(
        [
            f"range({me.rng.randrange(4)})",
            f"{me.a('list')}[:3]",
            f"list({me.a('dict')})",
            f"enumerate({me.a('list')}[:2])",
        ]
    )
    forms = [
        f"for {variable} in {over}:\n    {first}\n    {second}", f"for {variable} in {over}:\n    {first}\nelse:\n    {second}",
        f"for {variable} in {me.a('list')}[:3]:\n    if isinstance({variable}, list):\n        {variable}.append(0)",
        f"for {variable} in {over}:\n    if {me.condition()}:\n        break\n    {first}",
        f"for {variable} in {me.a('dict')}.values():\n    if isinstance({variable}, list):\n        {variable}.append({me.any()})",
        f"while len({(path := me.path('list') or 'items')}) < 4:\n    {path}.append({me.any()})",
        f"for {me.a('dict')}['i'] in range(2):\n    {first}",
        f"for {me.new()}, {me.new()} in zip({me.a('list')}, {me.a('list')}):\n    {first}",
    ]  # fmt: skip
    return me.pick(forms)


def say(me: Author) -> str:
    """Something printed."""
    forms = [
        f"print({me.any()})",
        f"print({me.any()}, {me.any()})",
        f"print(f'{{{me.a('int')}}} of {{{me.a('str')}}}')",
        f"print(len({me.a('list')}))",
    ]
    return me.pick(forms)


def show(me: Author) -> str:
    """A value to look at."""
    return me.pick([me.a("list"), me.a("dict"), me.a("int"), f"len({me.a('list')})"])


def forget(me: Author) -> str | None:
    """A variable deleted."""
    path = me.path(names_only=True)
    return f"del {path}" if path and me.chance(0.4) else None


def iterate(me: Author) -> str | None:
    """Iterators: made, advanced, used up."""
    name, path = me.target(), me.path("iterator")
    make = [
        f"{name} = iter({me.a('list')})", f"{name} = (v for v in {me.a('list')})", f"{name} = map(str, {me.a('list')})",
        f"{name} = ({me.a('int')} + i for i in range(4))", f"{name} = enumerate({me.a('list')})",
        f"{name} = zip({me.a('list')}, {me.a('list')})",
    ]  # fmt: skip
    if path is None or me.chance(0.3):
        return me.pick(make)
    use = [
        f"{name} = next({path}, None)",
        f"print(next({path}, 'end'))",
        f"for {name} in {path}:\n    break",
        f"{name} = list({path})",
    ]
    return me.pick(use)


def draw(me: Author) -> str | None:
    """Seeded random numbers."""
    source = me.pick(["random", "numpy"])
    me.have("import random" if source == "random" else "import numpy as np")
    name = me.target()
    own = me.chance(0.2)
    if source not in me.seeded or own:
        if own:
            return me.pick(
                [
                    f"{name} = random.Random(3).random()",
                    f"{name} = np.random.default_rng({me.rng.randrange(9)}).random()",
                ]
            )
        me.seeded.add(source)
        return (
            f"random.seed({me.rng.randrange(9)})"
            if source == "random"
            else f"np.random.seed({me.rng.randrange(9)})"
        )
    if source == "random":
        path = me.path("list")
        forms = [
            f"{name} = random.random()",
            f"{name} = [random.randint(1, 9) for i in range(2)]",
            f"random.shuffle({path})" if path else "random.random()",
            f"{name} = random.choice({me.a('list')})",
            f"random.seed({me.rng.randrange(9)})",
        ]
    else:
        forms = [
            f"{name} = np.random.rand(3)",
            f"{name} = float(np.random.normal())",
            f"np.random.shuffle({me.path('array') or '[1, 2]'})",
            f"{name} = np.random.randint(9, size=2)",
        ]
    return me.pick(forms)


def store(me: Author) -> str:
    """Small files."""
    path = me.pick(
        ["'out.txt'", "'log.txt'", "'out' + '.txt'", *(me.a("str") + " + '.txt'" for _ in range(2))]
    )
    name, text = me.target(), f"str({me.any()})"
    if me.chance(0.4):
        me.have("from pathlib import Path")
    forms = [
        f"with open({path}, 'w') as file:\n    file.write({text})", f"with open({path}, 'a') as file:\n    file.write({text})",
        f"{name} = open({path}).read()", f"with open({path}) as file:\n    {name} = file.read().split()",
        f"Path({path}).write_text({text})", f"{name} = Path({path}).read_text()", f"{name} = Path({path}).exists()",
        f"with open({path}, 'w') as file:\n    print({me.any()}, file=file)", f"{name} = [line for line in open({path})]",
        f"{name} = sorted(p.name for p in Path('.').glob('*.txt'))", f"Path({path}).unlink(missing_ok=True)",
        f"if Path({path}).exists():\n    {name} = Path({path}).read_text()",
    ]  # fmt: skip
    return me.pick(forms)
