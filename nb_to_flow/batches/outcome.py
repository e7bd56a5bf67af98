"""What a set's flow returned, put together from what its pieces left."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nb_to_flow.batches.export import exported
from nb_to_flow.ir.batch import (
    Expression,
    Finished,
    Output,
    Pickled,
    Program,
    Reference,
    SetRecord,
    State,
    TracedSet,
)


def outcome(
    program: Program, traced: TracedSet, finished: Mapping[str, Finished], seconds: float, results: Path
) -> SetRecord:
    """The record of a set whose pieces are all done.

    A result that is a list, tuple or dict made of several pieces' results becomes several outputs, named
    after their places in it.
    """
    outputs: dict[str, Output] = {}
    for name, expression in traced.outputs.items():
        for full, output in _outputs(name, expression, program, finished, results, traced.index):
            outputs[full] = output
    return SetRecord(index=traced.index, state=State.DONE, seconds=seconds, outputs=outputs)


def _outputs(
    name: str,
    expression: Expression,
    program: Program,
    finished: Mapping[str, Finished],
    results: Path,
    index: int,
) -> Iterator[tuple[str, Output]]:
    if not expression.references:
        yield name, _constant(name, expression.value, results, index)
        return
    for full, value in _parts(name, expression.value):
        if type(value) is not Reference:
            yield full, _constant(full, value, results, index)
            continue
        piece = program.pieces[value.piece]
        output = finished[value.piece].outputs[piece.wanted.index(value.steps)]
        if output.parts is None:
            yield full, output
        else:
            yield from output.parts.items()


def _constant(name: str, value: Any, results: Path, index: int) -> Output:
    if type(value) is Pickled:
        value = pickle.loads(value.data)
    return exported(value, (), results / "outputs" / f"set-{index}" / name, results)


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The leaves of a structure, each with a name that says where it is."""
    if type(value) is dict:
        for key, item in value.items():
            yield from _parts(f"{name}.{key}", item)
    elif type(value) in (list, tuple):
        for i, item in enumerate(value):
            yield from _parts(f"{name}.{i}", item)
    else:
        yield name, value
