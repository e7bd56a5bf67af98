"""Deploying flows: entries in prefect.yaml, what images need, registration on a server."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nb_to_flow.api.deployable import Deployable, deployable
from nb_to_flow.api.problems import writing
from nb_to_flow.api.single import PathLike
from nb_to_flow.deployment import (
    Change,
    DeployOptions,
    EntryFile,
    FlowSource,
    PoolType,
    Registration,
    api_url,
    image_files,
    image_step,
    is_ours,
    pool_type,
    register,
    requirements_of,
)
from nb_to_flow.files import write_atomically
from nb_to_flow.ir.errors import InputError
from nb_to_flow.run.server import await_server

PREFECT_FILE = "deployments/prefect.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """One flow's part of a `deploy` call.

    Attributes:
        name: `flow/deployment`, as the server's commands take it.
        flow_file: the flow's file, from the current folder.
        folder: where its runs take place, from the current folder.
        pool: the work pool.
        pool_type: "process", "docker" or "kubernetes".
        entry: its entry in prefect.yaml.
        notes: what the user should know.
        lacking: parameters without a default, which every run must be given.
        id: the deployment's id on the server; None if it wasn't registered.
    """

    name: str
    flow_file: str
    folder: str
    pool: str
    pool_type: str
    entry: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What a `deploy` call did.

    Attributes:
        flows: one for each target.
        prefect_file: where the entries are.
        written: files that were changed; none if everything was current.
    """

    flows: tuple[Deployed, ...]
    prefect_file: Path
    written: tuple[Path, ...]


def deploy(
    *targets: PathLike,
    parameters: Mapping[str, Any] | None = None,
    options: DeployOptions | None = None,
    folder: PathLike | None = None,
    output: PathLike = "flows",
    prefect_file: PathLike = PREFECT_FILE,
    apply: bool = False,
    say: Callable[[str], None] | None = None,
) -> Deployment:
    """Write or update the entries of flows in prefect.yaml, and register them if asked to.

    The current folder is taken for the project's: `prefect deploy` is called there too.

    Args:
        targets: flows (`flows/x.py`, `flows/x.py:x`) and notebooks, whose flows are written first.
        parameters: default values; checked against the flow's signature.
        options: see `DeployOptions`.
        folder: where runs take place; None for the notebook's folder if it is known, else the current one.
        output: for notebooks, the folder for their flows.
        prefect_file: the file with the entries; made if need be. What is in it otherwise stays.
        apply: register on the server of PREFECT_API_URL; a work pool that doesn't exist is made.
        say: gets a line for each thing that happens on the server; None for silence.

    The flows' modules are imported, so their imports, settings and definitions run. Raises InputError if
    something can't be done as asked; no file is changed then.
    """
    chosen, file = options or DeployOptions(), Path(prefect_file)
    say = say or (lambda line: None)
    _check_call(targets, chosen, file, apply)
    if apply:
        await_server(api_url(), say)
    entries = EntryFile(file.as_posix(), _text_of(file))
    flows, registrations, images = [], [], []
    for target in targets:
        flow = deployable(target, folder, output)
        given = flow.defaults(parameters or {}, entries.parameters(flow.source, chosen.name), file.as_posix())
        change = Change(
            source=flow.source,
            options=chosen,
            parameters=given,
            placed=folder is not None,
            dockerfile=_dockerfile(flow.source, file),
        )
        entry = entries.apply(change)
        done, files = _finished(flow, change, entry)
        flows.append(done)
        images += files
        registrations.append(_registration(flow, done, chosen))
    written = _write(file, entries.text, images)
    if apply:
        ids = register(registrations, file, say)
        flows = [replace(done, id=ids[done.name]) for done in flows]
    return Deployment(flows=tuple(flows), prefect_file=file, written=written)


def _check_call(targets: tuple[PathLike, ...], options: DeployOptions, file: Path, apply: bool) -> None:
    if not targets:
        raise InputError("no flow was given", "For example: nb-to-flow deploy flows/legacy.py")
    if len(targets) > 1 and options.image is not None:
        raise InputError("--image goes with one flow", f"{len(targets)} were given.")
    if file.suffix not in (".yaml", ".yml"):
        raise InputError(f"{file} is no YAML file by its name", f"For example: --prefect-file {PREFECT_FILE}")
    if options.crash_after is not None and not apply:
        raise InputError("--crash-after goes with --apply", "The server keeps watch over runs, not the file.")


def _text_of(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not UTF-8") from error


def _dockerfile(source: FlowSource, prefect_file: Path) -> str:
    """Beside the prefect.yaml, if that is in the project."""
    folder = Path(os.path.relpath(prefect_file.parent)).as_posix()
    name = f"{source.function}.Dockerfile"
    return name if folder == "." or folder.startswith("..") else f"{folder}/{name}"


def _finished(
    flow: Deployable, change: Change, entry: dict[str, Any]
) -> tuple[Deployed, list[tuple[Path, str]]]:
    """The report on one entry, and the files its image needs."""
    kind = pool_type(entry, change.options)
    notes: list[str] = []
    files: list[tuple[Path, str]] = []
    lacking = flow.missing(entry.get("parameters") or {})
    if lacking and entry.get("schedules"):
        raise InputError(
            f"runs on a schedule would lack {', '.join(lacking)}", "Give defaults: -p NAME=VALUE"
        )
    if lacking:
        notes.append(f"every run must be given {', '.join(lacking)}")
    if kind is not PoolType.PROCESS:
        files, notes_of_image = _image(flow, change, entry)
        notes += notes_of_image
    return (
        Deployed(
            name=f"{flow.source.name}/{entry['name']}",
            flow_file=flow.source.file,
            folder=flow.source.folder,
            pool=entry["work_pool"]["name"],
            pool_type=kind.value,
            entry=entry,
            notes=tuple(notes),
            lacking=tuple(lacking),
        ),
        files,
    )


def _image(
    flow: Deployable, change: Change, entry: dict[str, Any]
) -> tuple[list[tuple[Path, str]], list[str]]:
    """The files of an image: those that were edited by hand are left alone."""
    step = image_step(entry.get("build"))
    if step is None or step.get("dockerfile") != change.dockerfile:
        return [], []
    needed = requirements_of(Path(flow.source.file), flow.folders)
    files, notes = [], []
    for each in image_files(flow.source, change.dockerfile, needed.pins):
        path = Path(each.path)
        if path.exists() and not is_ours(_text_of(path)):
            notes.append(f"{each.path} was edited by hand and is kept")
        else:
            files.append((path, each.text))
    if needed.unknown:
        listed = ", ".join(needed.unknown)
        notes.append(f"no installed package provides {listed}: add it to the requirements by hand")
    if not Path(".dockerignore").exists():
        notes.append("without a .dockerignore the whole folder is sent to Docker")
    if entry.get("push") is None:
        notes.append("the image's name has no registry: only workers on the machine that builds it see it")
    return files, notes


def _registration(flow: Deployable, done: Deployed, options: DeployOptions) -> Registration:
    return Registration(
        flow=flow.source.name,
        function=flow.source.function,
        name=str(done.entry["name"]),
        pool=done.pool,
        pool_type=done.pool_type,
        version=flow.source.version,
        crash_after=options.crash_after,
        folders=flow.folders,
    )


def _write(file: Path, text: str, images: list[tuple[Path, str]]) -> tuple[Path, ...]:
    """Write what differs, the entries last: they refer to the rest. Raises InputError."""
    written = []
    for path, content in [*images, (file, text)]:
        with writing(path):
            if path.exists() and _text_of(path) == content:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content.encode())
        written.append(path)
    return tuple(written)
