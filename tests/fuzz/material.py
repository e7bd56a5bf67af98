"""What mutated notebooks are made of: the project's notebooks, and snippets of what is odd in notebooks."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.soundness.notebooks import make_up

NOTEBOOKS = Path(__file__).parents[2] / "flows" / "notebooks"
Content = dict[str, Any]

MAGICS = (
    "%matplotlib inline", "%time x = 1", "%%time\nx = 1\nx", "%timeit -n 3 sum(range(9))", "%%timeit x = 0\nx + 1",
    "%%capture out\nprint(1)", "%%capture --no-stderr\nprint(2)", "%%bash\necho $HOME\nls *.csv", "%%sh -e\nfalse",
    "!ls -la {x} $HOME", "!!echo hi", "files = !ls *.csv", "!pip install a b==1", "%pip install -q -r r.txt", "%conda install x",
    "%%writefile out/a.txt\ntext {x}", "%%writefile -a b.py\nimport os", "%cd ..", "%cd -", "%env A=1", "%env", "%env A",
    "%set_env A b", "%run other.py", "%run", "%run -i ../x.py a b", "%load_ext autoreload", "%autoreload 2", "%who", "%%html\n<b>x</b>",
    "%%javascript\nalert(1)", "%%latex\n$x$", "%%python\nprint(1)", "%%python2\nprint 1", "%%perl\n1;", "%%script false", "%%script",
    "%%R\nx <- 1", "%%sql\nselect 1", "%%sql result <<\nselect 1", "%sql select 1", "%%prun\nf()", "%prun f()", "%lprun -f f f()",
    "%%debug\nx", "%debug", "%pdb on", "?x", "x?", "x??", "?? x.y", "%pinfo x", "%%!\nls", "%", "%%", "%%%", "!", "!!", "?", "??",
    "%unknown_magic 1", "%%unknown_magic\nx", "% time 1", "%time", "%%time", "%timeit", "%%capture", "%%bash", "%%writefile",
    "x = %time 1", "x = %%time", "a, b = !ls", "x = %env A", "if x:\n    %time y = 2", "def f():\n    !ls\n    %cd x",
    "get_ipython().run_line_magic('time', 'x = 1')", "get_ipython().system('ls')", "get_ipython().run_cell_magic('bash', '', 'ls')",
    "ip = get_ipython()\nip.magic('matplotlib inline')", "%config InlineBackend.figure_format = 'svg'", "%store x", "%store -r x",
    "%macro m 1-3", "%recall 3", "%rerun", "%%cache\nx = 1", "%%time -n\n%%bash\nls", "%alias_magic t time", "%%html --isolated\n<i>",
    "from IPython import get_ipython", "display(x, y)", "from IPython.display import display, HTML\ndisplay(HTML('<b>'))", "_", "__ + ___", "_3", "Out[2]",
    "In[1]", "_i", "_ih[2]", "_oh", "exit", "quit()", "%notebook x.ipynb", "%%svg\n<svg/>", "%%file x\n", "%dirs", "%pushd x", "%popd", "%%markdown\n# x",
)  # fmt: skip

SNIPPETS = (
    "global x\nx = 1", "def f():\n    global x\n    x += 1\nf()", "def f():\n    nonlocal x", "return 1", "yield 2", "await f()",
    "async with a as b: pass", "async for i in x:\n    print(i)", "async def f():\n    await g()\nawait f()", "[await x async for x in y]",
    "lambda: (yield)", "x = (y := 2) + y", "while (n := f()): pass", "match x:\n    case [1, *r] if r: pass\n    case {'a': b, **c}: pass\n    case P(x=0) | None as q: pass\n    case _: pass",
    "try:\n    import a\nexcept ImportError:\n    a = None\nelse:\n    b = 1\nfinally:\n    c = 2", "try:\n    pass\nexcept* ValueError as e:\n    pass",
    "from a import *", "from . import b", "from .. import c as d", "from .x.y import z", "import a.b.c as d, e.f", "import a.b, a.c", "from __future__ import annotations",
    "from __future__ import braces", "exec('x = 1')", "eval('x')", "globals()['x'] = 1", "locals()", "vars()['y']", "__import__('os')", "setattr(x, 'a', 1)",
    "del x", "del x, y.z, w[0]", "del (a, (b, c))", "x: int", "x: 'Undefined' = 3", "x = y = z = []", "(a, (b, *c)), d = e", "*a, = b", "[a, b] = c, d",
    "x[1:2, ::3] = 4", "x.y.z[0].w += 1", "x @= y", "class A(B, metaclass=M):\n    x = [x for _ in y]\n    def __init__(self): super().__init__()",
    "class A:\n    class B:\n        class C: x = A", "@d(lambda f: f)\n@e\ndef f(a, /, b, *c, d=x, **e) -> 'T': ...", "def f(a=[], b={}, *, c=print): return a",
    "def f(): return f()\nf()", "def f(n): return g(n)\ndef g(n): return f(n)\nf(1)", "f = lambda f: f(f)\nf(f)", "x = []\nx.append(x)\nx[0][0]", "x = {}\nx['x'] = x",
    "for i in range(3):\n    for j in i: break\n    else: continue\nelse:\n    pass", "while True:\n    break", "with open('a') as f, open(f'{x}/b', 'w') as g:\n    g.write(f.read())",
    "with (a as b, c as d): pass", "assert x, y", "raise ValueError from None", "if x: y = 1\nelif z: y = 2", "if 0: import os", "if __name__ == '__main__':\n    main()",
    "print(f'{x!r:>{w}} {y=} {{}}')", "f'{f\"{x}\"}'", "rb'\\x00' b'a'", "'a' f'b{c}' 'd'", "'''\n%%bash\n!ls\n'''", '"""\\\n"""', "r'\\'", "'\\N{BULLET}'", "'\\ud800'", "b'\\xff'",
    "x = 1;", "x;", ";", "x = 1; y = 2; z", "x \\\n  = 1", "(\n\n)", "# only a comment", "#", "x = 1 # a\n# b\n\n# c", "# type: ignore", "#%%", "# %% [markdown]", "\\", "'", '"""', "(", "]",
    "plt.plot([1]); plt.show()", "fig, ax = plt.subplots()\nax.plot(x)", "np.random.seed(0)\nx = np.random.rand(3)", "random.seed(1)", "pd.set_option('display.max_rows', 5)",
    "df = pd.read_csv('a.csv')\ndf['b'] = df.a.map(lambda v: v + x)", "df.groupby('a').agg({'b': ['sum', 'mean']})", "df.loc[df.a > 0, 'b'] = 1", "os.chdir('..')", "sys.path.append('lib')",
    "os.environ['A'] = str(x)", "open('a', 'w').write('x')", "open(p).read()", "import logging\nlogging.basicConfig(level=10)", "warnings.filterwarnings('ignore')", "import matplotlib\nmatplotlib.use('Agg')",
    "password = 'hunter22'", "c = connect('postgresql://u:p4ssw0rd@h/d')", "input('name? ')", "x = input", "1/0", "x = 10 ** 9999", "0xFFFFFFFFFFFFFFFFFFFFFFFF", "1e400", "1_000j", "...", "None", "True = 1",
    "print 'x'", "exec 'x'", "except:", "x = 09", "async = 1", "print(end='')", "print(*x, sep='', end=' ')", "print = 3", "list = [1]\nlist(x)", "task = flow = Any = show = 1", "def task(): pass", "show(x)",
    "type X = int", "def f[T](x: T) -> T: return x", "class Ünïcode: ñ = 'é'", "变量 = 1\nprint(变量)", "ﬁ = 1\nfi", "x = '\u202e\u200b\ufeff'", "α = lambda β: β", "def _(): pass", "__x = 1", "__all__ = ['x']",
)  # fmt: skip

UNICODE = (
    "\x00", "\x01", "\x07", "\x0b", "\x0c", "\x1a", "\x1b[31m", "\x85", "\xa0", "\xad", "\u200b", "\u200e", "\u2028", "\u2029", "\u202e",
    "\ufeff", "\ufffd", "\ufffe", "\ud800", "\udfff", "\U0001f600", "e\u0301", "İ", "ß", "ﬁ", "Ⅷ", "²", "＂", "＃", "（", "𝐱", "\r", "\r\n", "\t", "\\", "'", '"', "`", "$", "\x7f",
)  # fmt: skip

# Python that is deep, long or both: a number to the text.
GROWING: tuple[Callable[[int], str], ...] = (
    lambda n: "x = " + "(" * n + "1" + ")" * n,
    lambda n: "x = " + "[" * n + "]" * n,
    lambda n: "x = " + "{1: " * n + "2" + "}" * n,
    lambda n: "x = " + "-" * n + "1",
    lambda n: "x = " + "not " * n + "y",
    lambda n: "x = " + " + ".join(["y"] * n),
    lambda n: "x = " + " and ".join(f"y{i}" for i in range(n)),
    lambda n: "x = y" + ".a" * n,
    lambda n: "x = y" + ".f()" * n,
    lambda n: "x = y" + "[0]" * n,
    lambda n: "x = f(" * n + "1" + ")" * n if n == 1 else "x = " + "f(" * n + "1" + ")" * n,
    lambda n: "x = " + "lambda a: " * n + "a",
    lambda n: "".join(f"{'  ' * i}if x{i}:\n" for i in range(n)) + "  " * n + "pass",
    lambda n: "".join(f"{' ' * i}for i{i} in x:\n" for i in range(min(n, 19))) + " " * min(n, 19) + "y = 1",
    lambda n: "".join(f"{' ' * i}def f{i}(a{i}=x):\n" for i in range(n)) + " " * n + "return x",
    lambda n: "".join(f"{' ' * i}class C{i}:\n" for i in range(n)) + " " * n + "a = x",
    lambda n: "if x0:\n  pass\n" + "".join(f"elif x{i}:\n  y = {i}\n" for i in range(n)),
    lambda n: "\n".join(f"x{i} = x{i - 1}" for i in range(n)),
    lambda n: "\n".join(f"def f{i}(a):\n    return f{i + 1}(a) + x" for i in range(n)) + "\nf0(1)",
    lambda n: "\n".join(f"def f{i}(a):\n    return f{i + 1}(f{i + 1}(a))" for i in range(n)) + "\nf0(1)",
    lambda n: "x = []\n" + "\n".join(f"x = [x, x]  # {i}" for i in range(n)) + "\nx[0].append(1)",
    lambda n: (
        "\n".join(f"a{i} = [a{i - 1}, a{i - 2}]" if i > 1 else f"a{i} = []" for i in range(n))
        + "\na0.append(1)"
    ),
    lambda n: "x = '" + "a" * n * 100 + "'",
    lambda n: "x = '" + "sk-" * n * 20 + "'",
    lambda n: "# " + "a" * n * 100,
    lambda n: "x = 1" + "0" * n * 10,
    lambda n: "x = [" + ", ".join(map(str, range(n * 10))) + "]",
    lambda n: "x = {" + ", ".join(f"'k{i}': {i}" for i in range(n * 3)) + "}",
    lambda n: "\n" * n,
    lambda n: "x = " + "f'{" * min(n, 4) + "1" + "}'" * min(n, 4),
    lambda n: "\n".join(f"import m{i}" for i in range(n)),
    lambda n: "\n".join("!echo {x}" for _ in range(n)),
    lambda n: "\n".join(f"print('{i}', end='')" for i in range(n)),
    lambda n: "; ".join(f"x{i} = {i}" for i in range(n)),
    lambda n: "f(" + ", ".join(f"a{i}=x" for i in range(n)) + ")",
    lambda n: "def f(" + ", ".join(f"a{i}=x" for i in range(n)) + "):\n    return a0",
    lambda n: "x = [" + " ".join(f"for i{i} in y" for i in range(n)).join(["1 ", "]"]),
    lambda n: " = ".join(f"x{i}" for i in range(n)) + " = []",
    lambda n: "try:\n  x = 1\n" + "".join(f"except E{i} as e:\n  x = {i}\n" for i in range(n)),
    lambda n: "match x:\n" + "".join(f"  case {i}:\n    y = {i}\n" for i in range(n)),
    lambda n: "while x:\n  " + "x = x - 1; " * n,
)


def content_of(*sources: str) -> Content:
    """A notebook of code cells; a text that begins with a heading's mark is a text cell."""
    cells: list[Content] = []
    for number, source in enumerate(sources):
        cell: Content = {"cell_type": "markdown", "id": f"c{number}", "metadata": {}, "source": source}
        if not source.startswith("# ") or "\n" in source:
            cell |= {"cell_type": "code", "execution_count": None, "outputs": []}
        cells.append(cell)
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@lru_cache(maxsize=1)
def own_notebooks() -> tuple[str, ...]:
    """The texts of the example notebooks."""
    return tuple(path.read_text(encoding="utf-8") for path in sorted(NOTEBOOKS.glob("*.ipynb")))


def base(rng: random.Random) -> Content:
    """A sound notebook to start from."""
    kind = rng.random()
    if kind < 0.4:
        content: Content = json.loads(rng.choice(own_notebooks()))
        return content
    if kind < 0.7:
        book = make_up(rng.randrange(10_000))
        return content_of(*(f"# {cell.source}" if cell.heading else cell.source for cell in book))
    pieces = [rng.choice(SNIPPETS + MAGICS) for _ in range(rng.randrange(1, 12))]
    return content_of(
        "import os, sys\nimport numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt", *pieces
    )
