"""What each top-level statement reads, binds, changes and does to the world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from nb_to_flow.ir.notebook import Notebook


class ResourceKind(str, Enum):
    """State outside the notebook's variables."""

    FILE = "file"  # name: the path, symbolic parts as `{name}`; "?" when unknown
    DATABASE = "database"
    NETWORK = "network"
    RANDOM = "random"  # name: "random" or "numpy.random"
    PYPLOT = "pyplot"
    AMBIENT = "ambient"  # library settings; name: the library ("pandas", "matplotlib", "numpy", "warnings")
    ENVIRONMENT = "environment"
    DIRECTORY = "directory"
    SUBPROCESS = "subprocess"
    STDIN = "stdin"  # what a user types, or a file that was redirected
    STDOUT = "stdout"  # name: "print", or "raw" for text that bypasses print (sys.stdout.write, df.info)
    DISPLAY = "display"
    EVERYTHING = "everything"  # exec, eval, globals(): a barrier


FIGURE = (
    "figure"  # name of a DISPLAY effect: a figure that opens itself, in a browser where there is no notebook
)


class Access(str, Enum):
    """What is done to a resource."""

    READ = "read"
    WRITE = "write"
    APPEND = "append"
    ONCE = "once"  # writes what can't be done twice: makes, removes or renames a file or folder
    SEED = "seed"  # sets a random generator's state whatever it was before
    DRAW = "draw"  # reads and moves a random generator's state


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One thing a statement does (or may do, if not `certain`) to a resource."""

    kind: ResourceKind
    access: Access
    name: str = ""
    certain: bool = True


class Role(str, Enum):
    """What a statement is for; everything but COMPUTE can be repeated anywhere without harm."""

    IMPORT = "import"
    FUNCTION = "function"  # def, or name = lambda
    CLASS = "class"
    ALIAS = "alias"  # another name of a class or function, a type made of such, a named tuple's class
    SETTING = "setting"  # ambient: pd.set_option, warnings.filterwarnings, plt.style.use, sys.path.append
    CONSTANT = "constant"  # name = literal, or a secret that is looked up
    COMPUTE = "compute"


DEFINITIONS = frozenset({Role.IMPORT, Role.FUNCTION, Role.CLASS, Role.ALIAS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """An object that a statement may change in place.

    Attributes:
        obj: the object's number (see `Facts.sharing`).
        names: every variable through which it can be reached around the statement (aliases included).
        deep: True if more than the object's own slots may change (a buffer, or what it holds).
        certain: False if this is an assumption about an unknown method or function.
        cached: True if it only stores what was computed from it (`results.summary()` of statsmodels): it is
            handed on, but needs no copy, for doing that twice or at once does no harm.
        line: line within the statement's code.
    """

    obj: int
    names: frozenset[str]
    deep: bool
    certain: bool = True
    cached: bool = False
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """An object that a statement compares by identity; `names` are as in `Mutation`."""

    obj: int
    names: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFacts:
    """Facts of one statement. All names are module-level variables of the notebook.

    Attributes:
        statement: its index.
        role: see `Role`.
        reads: names whose value from before the statement it may need: loaded here or by any notebook
            function that it may call, names bound on some paths only, and all of `changes`.
        binds: names it surely binds.
        may_bind: names it binds on some paths only (they are in `reads` too, if bound before).
        deletes: names it unbinds.
        changes: names whose objects it may change in place (union over `mutations`); a name can be bound and
            changed at once (`a += 1` on a list or an array).
        mutations: the objects it may change.
        comparisons: the objects that it compares by identity, so that no variable may hold a copy instead.
        effects: what it does to the world.
        calls: notebook functions and classes (names) that it may run, transitively; a task with this
            statement needs their definitions.
        free: for FUNCTION and CLASS statements: module-level names that running the body (not the
            definition itself) may load, rebind or delete, directly.
        rebinds: for FUNCTION statements: names it declares `global`.
        loads: line of the first load of each read name, within the statement's code (for reasons).
        late: names that nested code (a function it calls, a comprehension, a lambda) loads while it runs, also
            where the same cell bound them before.
        awaits: True if it needs a running event loop (top-level await).
        is_none: True for an expression whose value is surely None.
        types: for each bound name the inferred type ("pandas.DataFrame", "list", "int"), "" if unknown,
            "type" for classes. An imported name has one only if it holds data (`from math import pi`).
        unpicklable: bound or changed names whose value cannot cross a process (handles, generators,
            closures, figures), each with the reason.
        renewed: bound or changed names whose value comes out of a pickle made anew, not quite as it was (models
            that evaluate their formula again): best kept in one process.
        carries: bound or changed names whose value holds functions, or instances of classes, of the notebook:
            the definitions' names ("<lambda>" for lambdas). Such a value can cross a process only if these
            definitions stand at module level.
    """

    statement: int
    role: Role = Role.COMPUTE
    reads: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()
    may_bind: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    mutations: tuple[Mutation, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    effects: tuple[Effect, ...] = ()
    calls: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()
    rebinds: frozenset[str] = frozenset()
    loads: Mapping[str, int] = field(default_factory=dict)
    late: frozenset[str] = frozenset()
    awaits: bool = False
    is_none: bool = False
    types: Mapping[str, str] = field(default_factory=dict)
    unpicklable: Mapping[str, str] = field(default_factory=dict)
    renewed: frozenset[str] = frozenset()
    carries: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """Which variables may hold which mutable objects, over time.

    Attributes:
        bound: for each statement index, the variables it bound and the objects each may be afterwards
            (immutable values have none).
        holds: for each object the objects directly inside it.
        buffers: objects that are memory shared between views (arrays, frame columns), and the indexes of frames: two variables that
            share one of these lose the sharing when they are pickled or deep-copied.
        types: for each object its inferred type, "" if unknown.
        cells: lists and other containers in the cells of frames: no copy of a frame copies them.
        instances: objects of the notebook's classes, whatever these are derived from.
    """

    bound: Mapping[int, Mapping[str, frozenset[int]]]
    holds: Mapping[int, frozenset[int]]
    buffers: frozenset[int] = frozenset()
    types: Mapping[int, str] = field(default_factory=dict)
    cells: frozenset[int] = frozenset()
    instances: frozenset[int] = frozenset()

    def reach(self, objects: frozenset[int]) -> frozenset[int]:
        """`objects` and everything inside them, however deep."""
        seen, stack = set(objects), list(objects)
        while stack:
            for inner in self.holds.get(stack.pop(), ()):
                if inner not in seen:
                    seen.add(inner)
                    stack.append(inner)
        return frozenset(seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Facts of a whole notebook: one `StatementFacts` per statement, in order."""

    notebook: Notebook
    statements: tuple[StatementFacts, ...]
    sharing: Sharing
