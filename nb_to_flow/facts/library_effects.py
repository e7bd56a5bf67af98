"""What the knowledge tables say of a library call's effects: their conditions decided, their paths filled in."""

from __future__ import annotations

import re

from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.files import mode_access, normal_path
from nb_to_flow.facts.heap import Library
from nb_to_flow.facts.parts import Parts
from nb_to_flow.facts.shell import named_files
from nb_to_flow.facts.values import NOTHING, Value
from nb_to_flow.ir.facts import Access, ResourceKind

EFFECT = re.compile(r"(\w+) (\w+)(?: ([^ ]+))?(?: (unless|if|mode) (.+))?\Z")
MODE_EFFECT = re.compile(r"mode (\w+) @([^ ]+) ([^ ]+)(?: (\w+))?\Z")
AMBIENT_OF = {"seaborn": "matplotlib", "pylab": "matplotlib", "mpl_toolkits": "matplotlib"}


class LibraryEffects(Parts):
    """Effects, and the objects that targets of the tables mean."""

    def target(self, target: str, receiver: Value, args: Arguments) -> Value:
        """The objects that a target of the tables means."""
        if target == "self":
            return receiver
        if target == "*":
            return args.every()
        if target == "**":
            return frozenset(self.heap.reach(args.every()))
        if target == "**kw":
            return frozenset().union(*args.keywords.values()) if args.keywords else NOTHING
        if target.startswith("self|"):
            return receiver or args.get(target[5:])
        found = args.get(target)
        return found or (args.rest if not args.positional else NOTHING)

    def run_effect(self, effect: str, receiver: Value, args: Arguments) -> None:
        """Note one effect of the tables, its conditions decided and its paths filled in."""
        if effect.startswith("mode "):
            self._mode_effect(effect, receiver, args)
            return
        match = EFFECT.match(effect)
        if match is None:
            return
        access, kind, name, word, condition = match.groups()
        if word == "unless" and self._given(condition, receiver, args):
            return
        if word == "if" and not self._given(condition, receiver, args):
            return
        for resource in self._names(kind, name or "", receiver, args):
            self.record.effect(ResourceKind(kind), Access(access), resource, certain=resource != "?")

    def _command_files(self, args: Arguments) -> None:
        words = args.first()
        commands = self.texts(words) or [
            " ".join(self.texts(frozenset(i for o in words for i in self.heap.inside(o))))
        ]
        for command in commands:
            for access, path in named_files(command):
                self.record.effect(ResourceKind.FILE, access, normal_path(path), certain=False)

    def _given(self, condition: str, receiver: Value, args: Arguments) -> bool:
        target, _, wanted = condition.removeprefix("self.").partition("=")
        value = args.get(target)
        if wanted:
            texts = self.texts(value)
            return bool(value) and (not texts or wanted in texts)
        return bool(value) and value != self.imm("None") and value != self.false()

    def _mode_effect(self, effect: str, receiver: Value, args: Arguments) -> None:
        match = MODE_EFFECT.match(effect)
        if match is None:
            return
        kind, path, mode_target, default = match.groups()
        given = args.get(mode_target)
        modes = self.texts(given) if given else [default or "r"]
        for resource in self.paths(self.target(path, receiver, args)):
            for mode in modes or ["r", "w"]:
                for access in mode_access(mode):
                    self.record.effect(
                        ResourceKind(kind), access, resource, certain=resource != "?" and bool(modes)
                    )

    def _names(self, kind: str, name: str, receiver: Value, args: Arguments) -> list[str]:
        if name.startswith("@"):
            return (
                self.paths(self.target(name[1:], receiver, args)) if kind in ("file", "database") else ["?"]
            )
        if kind == "ambient":
            return [AMBIENT_OF.get(name, name)]
        if kind in ("file", "database") and not name:
            return ["?"]
        return [name]

    def paths(self, value: Value) -> list[str]:
        """The paths that a value may name; nothing for open handles and in-memory data; "?" if unknown."""
        found = set(map(normal_path, self.texts(value)))
        for obj in value:
            if isinstance(self.payload(obj), Library) or obj in self.heap.frozen:
                continue
            kind = self.heap.types[obj]
            held = {
                normal_path(t) for inner in self.heap.inside(obj) for t in self.texts(frozenset((inner,)))
            }
            if kind.startswith(("pathlib.", "io.")) or "handle" in self.traits(obj):
                found |= held or ({"?"} if kind.startswith("pathlib.") else set())
            elif kind in ("list", "tuple"):
                found |= held
        if not found and any(not self.texts(frozenset((obj,))) and self._may_be_path(obj) for obj in value):
            found.add("?")
        return sorted(found)

    def _may_be_path(self, obj: int) -> bool:
        return self.heap.types[obj] in ("", "str") and not isinstance(self.payload(obj), Library)
