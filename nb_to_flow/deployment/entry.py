"""What an entry of prefect.yaml says: filled in where it is new, changed only where that was asked for."""

from __future__ import annotations

import re
from typing import Any

from nb_to_flow.deployment import steps
from nb_to_flow.deployment.model import DEFAULT_POOL, Change, DeployOptions, PoolType, check_options
from nb_to_flow.deployment.schedules import merged, schedule_of
from nb_to_flow.deployment.yamltext import as_yaml, plain
from nb_to_flow.ir.errors import InputError

_ORDER = [
    *("name", "version", "description", "entrypoint", "parameters", "enforce_parameter_schema", "tags"),
    *("concurrency_limit", "paused", "schedules", "triggers", "work_pool", "build", "push", "pull"),
]
# Prefect replaces these when it deploys; any other double braces would vanish.
_TEMPLATE = re.compile(r"\{\{(?!\s*(?:\$|prefect\.|ctx\.))")
HEARTBEAT = "PREFECT_FLOWS_HEARTBEAT_FREQUENCY"


def fill(entry: Any, change: Change, *, own_pull: bool) -> None:
    """Write or update an entry in place.

    Args:
        entry: its YAML node; empty for a new one.
        change: what was asked for.
        own_pull: the file has no pull steps for all entries, so a new one needs its own.

    Raises InputError if that can't be done.
    """
    options = change.options
    check_options(options)
    schedule, version = schedule_of(options), entry.get("version")
    _describe(entry, change)
    _place(entry, change, version, own_pull=own_pull)
    _limit(entry, options)
    if options.no_schedule:
        _set(entry, "schedules", None)
    elif schedule is not None:
        present = plain(entry.get("schedules")) or []
        merged(present, schedule)
        _set(entry, "schedules", present)


def pool_type(entry: Any, options: DeployOptions) -> PoolType:
    """What kind of pool an entry is for, going by what was asked for and by its steps."""
    if options.pool_type is not None:
        return PoolType(options.pool_type)
    images = options.image is not None or steps.image_step(entry.get("build")) is not None
    return PoolType.DOCKER if images else PoolType.PROCESS


def _describe(entry: Any, change: Change) -> None:
    source, options = change.source, change.options
    _set(entry, "name", options.name or entry.get("name") or source.name)
    _set(entry, "version", source.version)
    if options.description is not None or "description" not in entry:
        text = source.description if options.description is None else options.description
        _set(entry, "description", _TEMPLATE.sub("{ {", text) or None)
    if "entrypoint" not in entry or change.placed:
        _set(entry, "entrypoint", source.entrypoint)
    for name, value in change.parameters.items():
        _check_templates(name, value)
        _set(_section(entry, "parameters"), name, value, ordered=False)
    if "enforce_parameter_schema" not in entry:
        _set(entry, "enforce_parameter_schema", True)


def _place(entry: Any, change: Change, version: Any, *, own_pull: bool) -> None:
    """The pool, and the steps that bring code and data to its workers."""
    source, options = change.source, change.options
    fresh = "work_pool" not in entry
    pool = _section(entry, "work_pool")
    _set(pool, "name", options.pool or pool.get("name") or DEFAULT_POOL, ordered=False)
    if options.work_queue is not None:
        _set(pool, "work_queue_name", options.work_queue, ordered=False)
    image = steps.image_step(entry.get("build"))
    if pool_type(entry, options) is PoolType.PROCESS:
        if change.placed or image is not None or fresh and own_pull:
            _write_steps(entry, steps.process_steps(source), steps.process_variables(source))
    elif change.placed or image is None or options.image is not None:
        name = options.image or _image_name(image, version) or source.function.replace("_", "-")
        sections = steps.image_steps(source, name, change.dockerfile)
        _write_steps(entry, sections, steps.image_variables())
    elif image.get("tag") == version:
        _set(image, "tag", source.version, ordered=False)


def _image_name(image: Any, version: Any) -> str | None:
    """The image that an entry builds, with its tag unless that is the flow's version."""
    if image is None or "image_name" not in image:
        return None
    tag = image.get("tag")
    return f"{image['image_name']}:{tag}" if tag and tag != version else str(image["image_name"])


def _write_steps(entry: Any, sections: dict[str, Any], variables: dict[str, Any]) -> None:
    for key in ("build", "push", "pull"):
        _set(entry, key, sections.get(key))
    present = plain(entry["work_pool"].get("job_variables")) or {}
    if "image" not in variables:
        present.pop("image", None)
    wanted = {**present, **variables}
    if env := {**(present.get("env") or {}), **(variables.get("env") or {})}:
        wanted["env"] = env
    _set(entry["work_pool"], "job_variables", wanted or None, ordered=False)


def _limit(entry: Any, options: DeployOptions) -> None:
    if options.tags:
        tags = list(entry.get("tags") or [])
        _set(entry, "tags", list(dict.fromkeys([*tags, *options.tags])))
    limit = entry.get("concurrency_limit")
    if options.concurrency is not None and isinstance(limit, dict):
        _set(limit, "limit", options.concurrency, ordered=False)
    elif options.concurrency is not None:
        _set(entry, "concurrency_limit", options.concurrency)
    if options.paused is not None:
        _set(entry, "paused", options.paused or None)
    if options.crash_after is not None:
        variables = _section(entry["work_pool"], "job_variables")
        often = str(max(30, options.crash_after // 3))
        _set(_section(variables, "env"), HEARTBEAT, often, ordered=False)


def _check_templates(name: str, value: Any) -> None:
    """Raises InputError for texts that Prefect would take for templates of its own."""
    if isinstance(value, str) and _TEMPLATE.search(value):
        message = f"{name}: Prefect takes double braces for its own templates and would empty them"
        raise InputError(message, "Give this parameter when a run is started instead.")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        _check_templates(name, each)


def _section(parent: Any, key: str) -> Any:
    """A mapping inside a mapping, made if it isn't there."""
    if not isinstance(parent.get(key), dict):
        _set(parent, key, {})
    return parent[key]


def _set(mapping: Any, key: str, value: Any, *, ordered: bool = True) -> None:
    """Set a key, at its usual place if it is new; None takes it away. What is equal stays as it is written."""
    if value is None:
        mapping.pop(key, None)
    elif key in mapping and _same(plain(mapping[key]), value):
        return
    elif key in mapping or not ordered or key not in _ORDER:
        mapping[key] = as_yaml(value)
    else:
        before = set(_ORDER[: _ORDER.index(key)])
        places = [number for number, present in enumerate(mapping) if present in before]
        mapping.insert(places[-1] + 1 if places else 0, key, as_yaml(value))


def _same(present: Any, value: Any) -> bool:
    """Equal, and of the same kinds: 1, 1.0 and true are not the same default."""
    return repr(present) == repr(value) if isinstance(value, (bool, int, float)) else bool(present == value)
