"""Which pieces make a chunk."""

from __future__ import annotations

from pathlib import Path

from nb_to_flow.batches.schedule import LONGEST, Schedule
from nb_to_flow.ir.batch import Expression, Finished, Piece, Program, State, TracedSet, Turn

DURATIONS = {"shared": 2.0, "region": 0.3, "fit": 0.05, "end": 0.001}


def program(sets: int) -> Program:
    pieces: dict[str, Piece] = {}

    def add(task: str, key: str, index: int, *upstream: str, after: tuple[str, ...] = ()) -> str:
        piece = Piece(
            key=key, task=task, function=task, arguments=Expression(value={}), upstream=upstream, after=after,
            first_set=index,
        )  # fmt: skip
        pieces.setdefault(key, piece)
        return key

    traced = []
    for i in range(sets):
        shared = add("shared", "shared", i)
        region = add("region", f"region{i % 4}", i, shared)
        fit = add("fit", f"fit{i}", i, region)
        end = add("end", f"end{i}", i, fit, after=(shared,))
        traced.append(TracedSet(index=i, pieces=(shared, region, fit, end)))
    return Program(flow="f", flow_file=Path("f.py"), flow_name="f", folder=Path(), pieces=pieces, sets=traced)


def simulate(schedule: Schedule, made: Program, fails: str = "") -> list[list[str]]:
    """Run everything with two workers, as fast as the pieces' durations say."""
    chunks: list[list[str]] = []
    clock = 0.0
    running: list[tuple[float, list[str]]] = []
    done = {key for key, state in schedule.state.items() if state is State.DONE}
    while schedule.to_run:
        while len(running) < 2 and (keys := schedule.next_chunk()):
            for key in keys:
                needed = set(made.pieces[key].upstream)
                assert needed <= done | set(keys[: keys.index(key)])
            chunks.append(keys)
            seconds = sum(DURATIONS[made.pieces[k].task] for k in keys)
            running.append((clock + seconds, keys))
        running.sort()
        clock, keys = running.pop(0)
        for key in keys:
            state = State.FAILED if key == fails else State.DONE
            if schedule.state[key] is State.RUNNING:
                done.add(key)
                schedule.ended(Finished(key=key, state=state, seconds=DURATIONS[made.pieces[key].task]))
        schedule.back(keys)
    simulate.clock = clock  # type: ignore[attr-defined]
    return chunks


def test_small_pieces_are_grouped_and_both_workers_busy() -> None:
    made = program(1000)
    chunks = simulate(Schedule(made), made)
    assert sorted(key for chunk in chunks for key in chunk) == sorted(made.pieces)
    assert chunks[0] == ["shared"]
    assert len(chunks) < 40
    assert max(sum(DURATIONS[made.pieces[k].task] for k in c) for c in chunks) <= LONGEST
    bound = 2 + (1.2 + 1000 * 0.051) / 2
    assert simulate.clock < 1.05 * bound  # type: ignore[attr-defined]


def test_a_set_is_finished_before_others_are_begun() -> None:
    made = program(200)
    chunks = simulate(Schedule(made), made)
    long = max(chunks, key=len)
    assert [key.rstrip("0123456789") for key in long[:4]] == ["fit", "end", "fit", "end"]


def test_failure_skips_what_only_its_sets_need() -> None:
    made = program(8)
    schedule = Schedule(made)
    chunks = simulate(schedule, made, fails="region1")
    ran = {key for chunk in chunks for key in chunk}
    assert ran == set(made.pieces) - {"fit1", "fit5", "end1", "end5"}
    assert schedule.state["fit1"] is State.SKIPPED
    assert schedule.state["end0"] is State.DONE


def test_done_pieces_and_sets_are_left_out() -> None:
    made = program(8)
    schedule = Schedule(made, ["shared", "region0", "fit0", "end0"], [1, 5])
    assert schedule.complete() == (0,)
    ran = {key for chunk in simulate(schedule, made) for key in chunk}
    gone = {"shared", "region0", "fit0", "end0", "region1", "fit1", "end1", "fit5", "end5"}
    assert ran == set(made.pieces) - gone


def test_turns_are_kept_though_a_set_between_fails() -> None:
    pieces = {}
    for i in range(3):
        for task, upstream, turns in (("begin", (), ()), ("write", (f"begin{i}",), (0,))):
            key = f"{task}{i}"
            pieces[key] = Piece(
                key=key, task=task, function=task, arguments=Expression(value={}), upstream=upstream,
                turns=turns, first_set=i,
            )  # fmt: skip
    traced = [TracedSet(index=i, pieces=(f"begin{i}", f"write{i}")) for i in range(3)]
    made = Program(
        flow="f", flow_file=Path("f.py"), flow_name="f", folder=Path(), pieces=pieces, sets=traced,
        turns=(Turn(tasks=("write",), files=("x",), sets=3),),
    )  # fmt: skip
    schedule = Schedule(made)
    assert [schedule.next_chunk() for _ in range(4)] == [["begin0"], ["begin1"], ["begin2"], []]
    schedule.ended(Finished(key="begin0", state=State.DONE, seconds=1))
    schedule.ended(Finished(key="begin2", state=State.DONE, seconds=1))
    assert schedule.next_chunk() == ["write0"]
    schedule.ended(Finished(key="begin1", state=State.FAILED))
    assert schedule.state["write1"] is State.SKIPPED
    assert schedule.next_chunk() == []
    schedule.ended(Finished(key="write0", state=State.DONE, seconds=1))
    assert schedule.next_chunk() == ["write2"]
