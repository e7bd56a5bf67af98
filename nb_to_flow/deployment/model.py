"""What a deployment is made of, before it is YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from nb_to_flow.ir.errors import InputError

DEFAULT_POOL = "local"
_IMAGE = re.compile(r"(?P<name>[a-z0-9][a-z0-9._/-]*(?::\d+/[a-z0-9._/-]+)?)(?::(?P<tag>[\w][\w.-]{0,127}))?")


class PoolType(str, Enum):
    """How the workers of a pool start flow runs."""

    PROCESS = "process"
    DOCKER = "docker"
    KUBERNETES = "kubernetes"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployOptions:
    """What a user may ask of a deployment; the command line has an option for each.

    None, and () for tags, leaves what the entry says, or Prefect's default.

    Attributes:
        name: name of the deployment; None for the flow's only one, or the flow's own name.
        pool: the work pool.
        pool_type: "process", "docker" or "kubernetes".
        work_queue: the pool's queue.
        cron: a schedule as a cron expression.
        interval: a schedule as a time between runs: seconds, "90s", "15m", "1h30m", "2d" or ISO 8601.
        rrule: a schedule as an iCalendar recurrence rule.
        no_schedule: take the schedules away.
        timezone: the schedule's time zone, as in "Europe/Berlin".
        paused: True to register it without starting its schedule.
        concurrency: how many runs may go on at the same time.
        tags: added to the entry's tags.
        image: name of the image, with or without a tag, for docker and kubernetes pools.
        description: instead of the notebook's; "" for the flow's docstring.
        crash_after: seconds without a sign of life after which a run is taken for crashed.
    """

    name: str | None = None
    pool: str | None = None
    pool_type: str | None = None
    work_queue: str | None = None
    cron: str | None = None
    interval: str | None = None
    rrule: str | None = None
    no_schedule: bool = False
    timezone: str | None = None
    paused: bool | None = None
    concurrency: int | None = None
    tags: tuple[str, ...] = ()
    image: str | None = None
    description: str | None = None
    crash_after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSource:
    """The flow to deploy.

    Attributes:
        file: its file from the project's folder, with "/".
        function: the flow's function.
        name: the flow's name on the server.
        description: what the notebook says it does.
        version: digest of the file's contents.
        folder: where it runs, from the project's folder, with "/"; "." for the project's folder itself.
    """

    file: str
    function: str
    name: str
    description: str
    version: str
    folder: str

    @property
    def by_module(self) -> bool:
        """True if the entry point names a module: a file's path would only be right in the project's folder."""
        return self.folder != "."

    @property
    def entrypoint(self) -> str:
        """As Prefect wants it. Raises InputError if the file's path can't be imported but has to be."""
        if not self.by_module:
            return f"{self.file}:{self.function}"
        parts = self.file.removesuffix(".py").split("/")
        if bad := [part for part in parts if not part.isidentifier()]:
            raise InputError(
                f"{self.file} can't be imported as a module: {bad[0]!r} is no name of a package",
                "Rename it, or let the flow run in the project's folder (--folder .).",
            )
        return f"{'.'.join(parts)}:{self.function}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One flow's deployment to be written.

    Attributes:
        source: the flow.
        options: what was asked for.
        parameters: defaults by name, checked and as JSON has them; added to the entry's own.
        placed: the folder was given: a present entry's steps are written anew.
        dockerfile: where the Dockerfile lies, or would, from the project's folder.
    """

    source: FlowSource
    options: DeployOptions
    parameters: Mapping[str, Any] = field(default_factory=dict)
    placed: bool = False
    dockerfile: str = "Dockerfile"


def split_image(image: str) -> tuple[str, str | None]:
    """Name and tag of an image. Raises InputError if it is none."""
    found = _IMAGE.fullmatch(image)
    if found is None:
        raise InputError(
            f"{image!r} can't name an image", "For example: --image registry.example.com/team/churn:2024-06"
        )
    return found["name"], found["tag"]


def check_options(options: DeployOptions) -> None:
    """Raises InputError if the options contradict each other or can't be right whatever the flow is."""
    kinds = [name for name in ("cron", "interval", "rrule") if getattr(options, name) is not None]
    if len(kinds) > 1 or kinds and options.no_schedule:
        given = [*kinds, *(["no-schedule"] if options.no_schedule else [])]
        raise InputError("one schedule at a time: " + " and ".join(f"--{k}" for k in given))
    for what, value in (("name", options.name), ("pool", options.pool), ("work-queue", options.work_queue)):
        if value is not None and (not value.strip() or set(value) & set("/%&<>\n")):
            raise InputError(f"--{what} {value!r} can't be a name", "Leave out / % & < >.")
    if options.concurrency is not None and options.concurrency < 1:
        raise InputError("--concurrency must be 1 or more")
    if options.crash_after is not None and options.crash_after < 60:
        raise InputError("--crash-after must be 60 or more", "Prefect's runs give a sign of life every 30 s.")
    if options.pool_type is not None and options.pool_type not in {kind.value for kind in PoolType}:
        raise InputError(f"{options.pool_type!r} is no type of pool", "Choose process, docker or kubernetes.")
    if options.image is not None:
        split_image(options.image)
        if options.pool_type == PoolType.PROCESS.value:
            raise InputError("a process pool runs no images", "Leave out --image, or say --pool-type docker.")
