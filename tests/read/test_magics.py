"""Each magic: what a cell says, and the plain Python it becomes."""

from __future__ import annotations

import ast

import pytest

from nb_to_flow.ir.helpers import HELPERS
from tests.read.notebooks import code, codes, lowered, read

VALID = [
    # the interactive session
    ("%matplotlib inline\nx = 1", "x = 1"),
    ("%config InlineBackend.figure_format = 'svg'\n%load_ext autoreload\n%autoreload 2", ""),
    ("%reload_ext x\n%who\n%whos\n%history\n%lsmagic\n%precision 3\n%colors NoColor", ""),
    ("# drawn in the page\n%matplotlib inline\n\nx = 1", "x = 1"),
    ("# imports\n%matplotlib inline\nimport os", "# imports\nimport os"),
    ("if a:\n    %matplotlib inline\n", "if a:\n    pass"),
    ("if a:\n    %matplotlib inline\n    b()", "if a:\n    b()"),
    ("x?\nx??\n?x\nlen?\n%time?", ""),
    ("%aimport helpers, tools", "import helpers\nimport tools"),
    ("%xdel x", "del x"),
    # measuring
    ("%time z = a * 2", "z = a * 2"),
    ("%%time\nx = 1\nx", "x = 1\nx"),
    ("x = %time f()", "x = f()"),
    ("%time !ls", 'run_shell("ls")'),
    ("%prun -l 5 f(x)", "f(x)"),
    ("%%prun\nx = f()", "x = f()"),
    ("%timeit a + sum(b)", ""),
    ("%timeit -n 10 -r3 f(x)", "f(x)"),
    ("%timeit y = f(x)", "def timed():\n    y = f(x)\ntimed()"),
    ("%%timeit k = 2\ny = f(k)", "def timed():\n    k = 2\n    y = f(k)\ntimed()"),
    ("%%timeit\n%matplotlib inline", ""),
    # environment and folders
    ("%env A=1", 'import os\nos.environ["A"] = "1"\nprint("env: A=1")'),
    ("%set_env A b c", 'import os\nos.environ["A"] = "b c"\nprint("env: A=b c")'),
    ("%env HOME", 'import os\nos.environ["HOME"]'),
    ("%env", ""),
    ("import os\n%cd -q data", 'import os\nos.chdir("data")'),
    ("%cd ~/data", 'import os\nos.chdir(os.path.expanduser("~/data"))\nprint(os.getcwd())'),
    ("os = 1\n%cd -q data", 'import os as os_module\nos = 1\nos_module.chdir("data")'),
    ("here = %pwd", "import os\nhere = os.getcwd()"),
    # shell
    ("!ls -l", 'run_shell("ls -l")'),
    ("!ls \\\n  -l", 'run_shell("ls    -l")'),
    ("name = 'a'\n!cat $name {name} {name!r}", "name = 'a'\nrun_shell(f\"cat {name} {name} {name!r}\")"),
    ("!echo $HOME", 'run_shell("echo $HOME")'),
    ("!awk '{print $1}' f", "run_shell(\"awk '{print $1}' f\")"),
    ("d = {}\n!echo {d['k']}", "d = {}\nrun_shell(\"echo {}\".format(d['k']))"),
    ("!echo {undefined} $also", 'run_shell("echo {undefined} $also")'),
    ("n = 1\n!echo $$n {{n}}", 'n = 1\nrun_shell("echo $n {n}")'),
    ("files = !ls", 'files = capture_shell("ls")'),
    ("!!ls", 'capture_shell("ls")'),
    ("x = %sx ls", 'x = capture_shell("ls")'),
    ("for f in x:\n    !cat {f}\n", 'for f in x:\n    run_shell(f"cat {f}")'),
    ("def f():\n\t!ls\n\treturn 1", 'def f():\n\trun_shell("ls")\n\treturn 1'),
    ("%mkdir -p out", 'run_shell("mkdir -p out")'),
    ("%ls", 'run_shell("ls -F")'),
    ("%%bash\necho 1", 'run_script(["bash"], "echo 1\\n")'),
    ("%%bash\necho 1\necho 2", 'run_script(["bash"], """\\\necho 1\necho 2\n""")'),
    ("%%sh --out o --err e\nls", 'o, e = capture_script(["sh"], "ls\\n")'),
    ("%%script --no-raise-error bash\nfalse", 'run_script(["bash"], "false\\n", check=False)'),
    ("%%script false --no-raise-error\nx = 1", ""),
    ("%%system\nls", 'capture_shell("ls\\n")'),
    # packages
    ("!pip install -q a\n%pip install b", ""),
    ("pip install a", ""),
    ("!pip list", ""),
    (
        "try:\n    import a\nexcept ImportError:\n    !pip install a",
        "try:\n    import a\nexcept ImportError:\n    pass",
    ),
    # files
    ("%%writefile a.txt\n1", 'write_file("a.txt", "1\\n")'),
    ("%%writefile -a a.txt\n1", 'write_file("a.txt", "1\\n", mode="a")'),
    ("n = 1\n%pwd", "n = 1\nimport os\nos.getcwd()"),
    ('%%file \'a b.txt\'\n\\n\n"""\nend', 'write_file("a b.txt", """\\\n\\\\n\n\\"\\"\\"\nend\n""")'),
    # output
    ("%%capture\nimport a\nx = a.f()\nx", "import a\nwith captured_output():\n    x = a.f()\n    x"),
    ("%%capture out\nprint(1)", "with captured_output() as out:\n    print(1)"),
    ("%%capture --no-stderr out\nf()", "with captured_output(stderr=False) as out:\n    f()"),
    ("%%capture\ns = '''a\n  b'''", "with captured_output():\n    s = '''a\n  b'''"),
    ("%%capture\n!pip install a", ""),
    ("%%html\n<b>x</b>", 'from IPython.display import HTML\ndisplay(HTML("<b>x</b>\\n"))'),
    ("%%latex\n$x$", 'from IPython.display import Latex\ndisplay(Latex("$x$\\n"))'),
    ("%%javascript\nalert(1)", ""),
    # the shell by its functions
    ("get_ipython().run_line_magic('matplotlib', 'inline')", ""),
    ("get_ipython().magic('time x = 1')", "x = 1"),
    ("get_ipython().system('ls')", 'run_shell("ls")'),
    ("x = get_ipython().getoutput(cmd)", "x = capture_shell(cmd)"),
    ("get_ipython().run_cell_magic('time', '', 'x = 1\\ny = 2')", "x = 1\ny = 2"),
    ("ip = get_ipython()\nip.magic('time x = 1')", "x = 1"),
    ("from IPython import get_ipython\nx = 1", "x = 1"),
    ("if 'google.colab' in str(get_ipython()):\n    !pip install a", ""),
    ("COLAB = 'google.colab' in str(get_ipython())", "COLAB = False"),
    (
        "ip = get_ipython()\nif 'autoreload' not in ip.extension_manager.loaded:\n    %load_ext autoreload\n%autoreload 2",
        "",
    ),
    ("LOADED = 'sql' in get_ipython().extension_manager.loaded", "LOADED = False"),
    ("x = %load_ext autoreload", "x = None"),
    ("x = %matplotlib inline", "x = None"),
    # the rest of IPython's input
    (">>> x = 1\n>>> y = 2", "x = 1\ny = 2"),
    ("In [1]: x = 1\n   ...: y = 2", "x = 1\ny = 2"),
    ("    x = 1\n    y = 2", "x = 1\ny = 2"),
    ("exec('q = 21')", "q = 21"),
    ("exec(text)", "exec(text)"),
    ("if __name__ == '__main__':\n    # go\n    main()\nelse:\n    no()", "# go\nmain()"),
    ("if __name__ == '__main__': main()", "main()"),
    ("s = 'get_ipython() %time !ls'", "s = 'get_ipython() %time !ls'"),
    ("x = 7 % 3\ny = 'a!'  # why?", "x = 7 % 3\ny = 'a!'  # why?"),
    ("s = '''\n%time\n!ls\n'''", "s = '''\n%time\n!ls\n'''"),
]


@pytest.mark.parametrize(("source", "expected"), VALID)
def test_lowered_code(source: str, expected: str) -> None:
    found = code(source)
    wanted = expected
    if "import os\n" in wanted and found != wanted:  # needed imports come first in their cell
        wanted = "import os\n" + wanted.replace("import os\n", "", 1)
    assert found == wanted
    ast.parse(found)


INVALID = [
    ("%sql select 1", "NB120", "%sql"),
    ("names = get_ipython().extension_manager.loaded", "NB122", "get_ipython()"),
    ("x = %sql select 1", "NB120", "%sql"),
    ("%%R\nx <- 1", "NB120", "%%R"),
    ("%%ruby\nputs 1", "NB120", "%%ruby"),
    ("%%cython\ndef f(): pass", "NB120", "%%cython"),
    ("%store x", "NB120", "%store"),
    ("%%no_such\nx", "NB120", "%%no_such"),
    ("x = %timeit -o f()", "NB121", "-o"),
    ("x = %time y = 1", "NB121", "value"),
    ("%cd -", "NB121", "%cd"),
    ("%%script\nx", "NB121", "program"),
    ("%%bash --bg\nx", "NB121", "background"),
    ("%%capture a b\nx", "NB121", "variable"),
    ("%%time x = 1\ny = 2", "NB121", "%%time"),
    ("%run nothing.py", "NB124", "nothing.py"),
    ("get_ipython().kernel.do_shutdown(True)", "NB122", "get_ipython()"),
    ("get_ipython().magic(text)", "NB122", "magic"),
    ("f(get_ipython())", "NB122", "get_ipython()"),
    ("Out[7]", "NB123", "Out[7]"),
    ("print(len(Out))", "NB123", "Out"),
    ("__", "NB123", "__"),
]


@pytest.mark.parametrize(("source", "expected", "named"), INVALID)
def test_unsupported(source: str, expected: str, named: str) -> None:
    outcome = read("x = 1", source)
    assert outcome.value is None
    errors = [d for d in outcome.diagnostics if d.severity == "error"]
    assert [d.code for d in errors] == [expected]
    assert named in errors[0].message
    assert errors[0].span is not None and errors[0].span.cell == 1


@pytest.mark.parametrize(("source", "expected", "named"), INVALID)
def test_allowed_unsupported_cells_raise(source: str, expected: str, named: str) -> None:
    outcome = read("x = 1", source, allow_unsupported=True)
    assert outcome.value is not None
    assert outcome.value.statements[-1].code.startswith("raise NotImplementedError(")
    assert [d.severity.value for d in outcome.diagnostics if d.code == expected] == ["warning"]


def test_helpers_are_defined() -> None:
    notebook = lowered(
        "!ls", "x = !ls", "%%bash\nls", "%%capture o\nprint(1)", "%%writefile f\n1", "%%sh --out o\nls"
    )
    assert notebook.helpers == {
        "run_shell",
        "capture_shell",
        "run_script",
        "captured_output",
        "write_file",
        "capture_script",
    }
    assert notebook.helpers <= set(HELPERS)


def test_requirements() -> None:
    notebook = lowered(
        "!pip install -q pandas==1.5 'a>=2' > /dev/null\n%pip install foo -r req.txt\n"
        "import sys\n!{sys.executable} -m pip install --upgrade bar\n!pip install foo",
        "conda install -c conda-forge -y q",
    )
    assert notebook.requirements == ("pandas==1.5", "a>=2", "foo", "-r req.txt", "bar", "q")


def test_installation_in_a_chain_stays_a_command() -> None:
    assert code("!cd x && pip install y") == 'run_shell("cd x && pip install y")'


def test_unknown_magic_says_where() -> None:
    outcome = read("x = 1", "y = 2\n\n%sql select 1\nz = 3")
    assert codes(outcome) == ["NB120"]
    span = outcome.diagnostics[0].span
    assert span is not None and (span.cell, span.line) == (1, 3)
    assert outcome.diagnostics[0].hint


def test_functions_see_later_names_in_commands() -> None:
    assert 'run_shell(f"cat {path}")' in code("def show():\n    !cat {path}", "path = 'x'")


def test_exit_code_is_kept_where_it_is_used() -> None:
    assert code("!ls", "print(_exit_code)") == '_exit_code = run_shell("ls")\nprint(_exit_code)'


def test_bare_words_that_are_variables_stay() -> None:
    assert code("ls = 3", "ls") == "ls = 3\nls"
