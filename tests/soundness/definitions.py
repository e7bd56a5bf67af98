"""Functions and classes that an author may define, and their calls."""

from __future__ import annotations

from tests.soundness.author import Author
from tests.soundness.phrases import MUTABLE, change


def _global(me: Author, *kinds: str) -> str | None:
    return me.path(*kinds, names_only=True)


def function(me: Author) -> str | None:
    """A function over globals and arguments."""
    made = me.pick(
        [
            _reader,
            _changer,
            _rebinder,
            _argument_changer,
            _sharer,
            _keeper,
            _default,
            _factory,
            _lambda,
            _caller,
            _generator,
            _stepper,
            _random,
            _writer,
            _local,
        ]
    )(me)
    if made is None:
        return None
    name, kinds, text = made
    if me.write(text):
        me.functions[name] = kinds
    return None


Made = "tuple[str, tuple[str, ...], str] | None"


def _reader(me: Author) -> Made:
    name, first, second = me.new("read"), _global(me, "list", "dict", "set", "tuple"), _global(me, "int")
    if not first:
        return None
    body = me.pick(
        [f"return len({first}) + {second or 1}", f"return [x, {first}]", f"return str({first}) + str(x)"]
    )
    return name, ("int",), f"def {name}(x):\n    {body}"


def _changer(me: Author) -> Made:
    kind = me.pick(MUTABLE)
    path = _global(me, kind)
    if not path:
        return None
    name, operation = me.new("change"), change(me, kind, path)
    declared = f"    global {path}\n" if any(f"{path} {o}=" in operation for o in "+*|") else ""
    returned = me.pick(["return x", f"return {path}", f"return len(str({path}))", "pass"])
    return name, ("int",), f"def {name}(x=1):\n{declared}    {operation}\n    {returned}"


def _rebinder(me: Author) -> Made:
    path = _global(me, "int", "list") or me.new()
    name = me.new("set")
    body = me.pick([f"{path} = x", f"{path} = [x, {me.any()}]", f"{path} = {me.any()}"])
    returned = me.pick([f"    return {path}", "    return x", f"    print({path})"])
    return name, (me.pick(["int", "list"]),), f"def {name}(x):\n    global {path}\n    {body}\n{returned}"


def _argument_changer(me: Author) -> Made:
    kind = me.pick(["list", "dict", "set", "array", "object"])
    name = me.new("fill")
    returned = me.pick(["return x", "return None", "return [x]", "return len(str(x))"])
    inner = change(me, kind, "x")
    guard = me.pick(["", "", f"    if {me.condition()}:\n        return x\n"])
    return name, (kind,), f"def {name}(x):\n{guard}    {inner}\n    {returned}"


def _sharer(me: Author) -> Made:
    path = _global(me, *MUTABLE)
    if not path:
        return None
    name = me.new("get")
    value = me.pick([path, f"[{path}]", f"({path}, 1)"])
    return name, (), f"def {name}():\n    return {value}"


def _keeper(me: Author) -> Made:
    name = me.new("keep")
    return (
        name,
        ("int",),
        f"def {name}(x, kept=[]):\n    kept.append(x)\n    return {me.pick(['kept', 'list(kept)', 'len(kept)'])}",
    )


def _default(me: Author) -> Made:
    path = _global(me, "list", "int", "dict")
    if not path:
        return None
    name = me.new("base")
    return (
        name,
        ("int",),
        f"def {name}(x, given={path}):\n    return {me.pick(['[x, given]', 'str(given) + str(x)', 'given'])}",
    )


def _factory(me: Author) -> Made:
    name = me.new("make")
    start = me.any()
    bodies = [
        f"def {name}():\n    held = [{start}]\n    def add(x):\n        held.append(x)\n        return {me.pick(['held', 'list(held)'])}\n    return add",
        f"def {name}():\n    count = 0\n    def add(x):\n        nonlocal count\n        count += x\n        return count\n    return add",
        f"def {name}():\n    def add(x):\n        return [x, {start}]\n    return add",
    ]  # fmt: skip
    if not me.write(me.pick(bodies)):
        return None
    function = me.new("add")
    return function, ("int",), f"{function} = {name}()"


def _lambda(me: Author) -> Made:
    name = me.new("fn")
    bodies = [f"[x, {me.any()}]", f"x + {me.a('int')}", f"{me.a('list')}.append(x)", f"str({me.any()})"]
    return name, ("int",), f"{name} = lambda x: {me.pick(bodies)}"


def _caller(me: Author) -> Made:
    if not me.functions:
        return None
    name, inner = me.new("call"), _call(me)
    return name, (), f"def {name}():\n    y = {inner}\n    return {me.pick(['y', '[y]', 'str(y)'])}"


def _generator(me: Author) -> Made:
    name, path = me.new("each"), _global(me, "list")
    return (
        name,
        (),
        f"def {name}():\n    for v in {path or [1, 2]}[:3]:\n        yield {me.pick(['v', '[v]', me.any()])}",
    )


def _stepper(me: Author) -> Made:
    name = me.new("step")
    return (
        name,
        (),
        f"def {name}():\n    {name}.calls = getattr({name}, 'calls', 0) + 1\n    return {name}.calls",
    )


def _random(me: Author) -> Made:
    if "random" not in me.seeded:
        return None
    name = me.new("noise")
    return name, (), f"def {name}():\n    return random.random()"


def _writer(me: Author) -> Made:
    name, mode = me.new("save"), me.pick("wa")
    return (
        name,
        ("list",),
        f"def {name}(x, path='out.txt'):\n    with open(path, '{mode}') as file:\n        file.write(str(x))",
    )


def _local(me: Author) -> Made:
    name, inner = me.new("work"), change(me, "list", "mine")
    return name, ("int",), f"def {name}(x):\n    mine = {me.a('list')}\n    {inner}\n    return mine"


def _call(me: Author) -> str:
    name = me.pick(list(me.functions))
    return f"{name}({', '.join(me.a(kind) for kind in me.functions[name])})"


def call(me: Author) -> str | None:
    """A call of a function of the notebook."""
    if not me.functions:
        return None
    text, name = _call(me), me.target()
    function = me.pick(list(me.functions))
    forms = [
        f"{name} = {text}", f"{name} = {text}", text, f"print({text})", f"{name} = [{text} for i in range(2)]",
        f"{name} = list(map({function}, [1, 2]))", f"for i in range(2):\n    {text}", f"{name} = {function}",
        f"{name} = {{'f': {function}}}", f"if {me.condition()}:\n    {name} = {text}",
    ]  # fmt: skip
    return me.pick(forms)


def stored_call(me: Author) -> str | None:
    """A call of a function that sits in a container, or of a bound method under another name."""
    path = me.path("list")
    found = [n for n in me.data() if type(v := me.space[n]) is dict and callable(v.get("f"))]
    if found and me.chance(0.6):
        return f"{me.target()} = {me.pick(found)}['f'](2)"
    return f"{me.new('push')} = {path}.append" if path else None


def decorated(me: Author) -> str | None:
    """A function wrapped by another."""
    log = _global(me, "list")
    if not log:
        return None
    wrap, name = me.new("wrap"), me.new("wrapped")
    me.write(
        f"def {wrap}(function):\n    def inner(x):\n        {log}.append(function.__name__)\n        return function(x)\n    return inner"
    )
    if me.write(f"@{wrap}\ndef {name}(x):\n    return [x, {me.any()}]"):
        me.functions[name] = ("int",)
    return None


def cls(me: Author) -> str | None:
    """A class with state."""
    name = me.pick(["Box", "Store", "Model", "Node"])
    if name in me.classes:
        return None
    log = _global(me, "list")
    add = me.pick(
        [
            "self.items.append(x)",
            "self.items = self.items + [x]",
            f"{log or 'self.items'}.append(x)",
            f"{name}.shared.append(x)",
            f"{name}.count += 1",
        ]
    )
    kept = me.pick(["items", "list(items)"])
    text = (
        f"class {name}:\n    count = 0\n    shared = []\n\n    def __init__(self, items):\n        self.items = {kept}\n        self.n = {me.any()}\n"
        f"\n    def __repr__(self):\n        return f'{name}({{self.n}})'\n"
        f"\n    def add(self, x):\n        {add}\n        return {me.pick(['self', 'x', 'self.items'])}\n"
        f"\n    def size(self):\n        return len(self.items) + self.count + len(self.shared)\n"
        f"\n    def total(self):\n        return {me.pick(['self.items', 'str(self.n)', 'self.shared'])}"
    )
    if me.write(text):
        me.classes[name] = {"add": ("int",), "size": (), "total": ()}
    return None


def subclass(me: Author) -> str | None:
    """A class of a class."""
    if not me.classes or len(me.classes) > 2:
        return None
    base, name = me.pick(list(me.classes)), me.new("Kind")
    text = f"class {name}({base}):\n    def add(self, x):\n        super().add(x)\n        self.last = {me.pick(['x', 'self.items', me.any()])}\n        return self"
    if me.write(text):
        me.classes[name] = me.classes[base]
    return None


def method(me: Author) -> str | None:
    """A method called, or a class's own state changed."""
    path = me.path("object")
    if path is None or me.chance(0.15):
        name = me.pick(list(me.classes)) if me.classes else None
        own = [
            f"{name}.count += 1",
            f"{name}.shared.append({me.any()})",
            f"{name}.count = {me.a('int')}",
            f"{me.target()} = {name}.shared",
        ]
        return me.pick(own) if name else None
    name, methods = me.target(), {"add": ("int",), "size": (), "total": ()}
    called = me.pick(list(methods))
    text = f"{path}.{called}({', '.join(me.a(kind) for kind in methods[called])})"
    return me.pick([text, f"{name} = {text}", f"print({path}.size())", f"for i in range(2):\n    {text}"])
