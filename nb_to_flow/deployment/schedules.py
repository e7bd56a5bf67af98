"""Schedules: checked as Prefect will read them, and put into an entry."""

from __future__ import annotations

import difflib
import math
import re
from typing import Any

from nb_to_flow.deployment.model import DeployOptions
from nb_to_flow.ir.errors import InputError

_KINDS = ("cron", "interval", "rrule")
# What goes with one kind only.
_OWN_KEYS = {"cron": ("day_or",), "interval": ("anchor_date",), "rrule": ()}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SPAN = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+")
_HELP = {
    "cron": "Five fields: minute, hour, day, month, weekday. For example: --cron '0 6 * * 1'",
    "interval": "For example: --interval 15m (or 90s, 1h30m, 2d, PT1H, a number of seconds)",
    "rrule": "For example: --rrule 'FREQ=MONTHLY;BYDAY=1MO;BYHOUR=6'",
}


def schedule_of(options: DeployOptions) -> dict[str, Any] | None:
    """The schedule that was asked for, as prefect.yaml has it; None if none was.

    Raises InputError if Prefect wouldn't take it.
    """
    found: dict[str, Any] = {}
    if options.cron is not None:
        found["cron"] = _checked("cron", options.cron.strip())
    elif options.interval is not None:
        found["interval"] = _seconds(options.interval)
    elif options.rrule is not None:
        found["rrule"] = _checked("rrule", options.rrule.strip())
    if options.timezone is not None:
        found["timezone"] = _timezone(options.timezone)
    return found or None


def merged(present: list[Any], asked: dict[str, Any]) -> None:
    """Put the schedule into an entry's list of them: what it doesn't mention stays.

    Raises InputError if there is no telling which one is meant.
    """
    if len(present) > 1:
        raise InputError(
            f"the entry has {len(present)} schedules: which one is meant can't be told",
            "Change them in the file, or take them away with --no-schedule first.",
        )
    kind = next((k for k in _KINDS if k in asked), None)
    if not present:
        if kind is None:
            raise InputError("--timezone goes with a schedule", "Add --cron, --interval or --rrule.")
        present.append(dict(asked))
        return
    schedule = present[0]
    if kind is not None:
        for other in _KINDS:
            if other != kind:
                for key in (other, *_OWN_KEYS[other]):
                    schedule.pop(key, None)
    for key, value in asked.items():
        if schedule.get(key) != value:
            schedule[key] = value


def described(schedule: Any) -> str:
    """A schedule on one line."""
    if not isinstance(schedule, dict):
        return str(schedule)
    kind = next((k for k in _KINDS if k in schedule), "")
    value = f"every {schedule[kind]} s" if kind == "interval" else f"{kind} {schedule.get(kind, '')}"
    return f"{value} ({schedule.get('timezone', 'UTC')})"


def _checked(kind: str, text: str) -> str:
    from prefect.client.schemas.schedules import CronSchedule, RRuleSchedule
    from pydantic import ValidationError

    try:
        if kind == "cron":
            CronSchedule(cron=text)
        else:
            RRuleSchedule(rrule=text).to_rrule()
    except (ValidationError, ValueError, TypeError, AttributeError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        reason = " ".join(reason.removeprefix("Value error, ").split())
        raise InputError(f"--{kind} {text!r} is no schedule: {reason}", _HELP[kind]) from error
    return text


def _seconds(text: str) -> int | float:
    """A time between runs, in seconds. Raises InputError."""
    from datetime import timedelta

    from pydantic import TypeAdapter, ValidationError

    plain = text.strip().replace(" ", "")
    try:
        if _SPAN.fullmatch(plain):
            parts = re.findall(r"([\d.]+)([smhdw])", plain)
            seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
        elif re.fullmatch(r"\d+(\.\d+)?", plain):
            seconds = float(plain)
        else:
            seconds = TypeAdapter(timedelta).validate_python(plain).total_seconds()
        timedelta(seconds=seconds)
    except (ValidationError, ValueError, OverflowError) as error:
        raise InputError(f"--interval {text!r} is no time", _HELP["interval"]) from error
    if not math.isfinite(seconds) or seconds <= 0:
        raise InputError(f"--interval {text!r} must be more than nothing", _HELP["interval"])
    return int(seconds) if seconds == int(seconds) else seconds


def _timezone(text: str) -> str:
    import zoneinfo

    known = zoneinfo.available_timezones()
    if text in known or not known:
        return text
    near = difflib.get_close_matches(text, known, n=2, cutoff=0.6) or [
        name for name in sorted(known) if name.lower().rpartition("/")[2] == text.lower().replace(" ", "_")
    ]
    hint = f"Did you mean {' or '.join(near)}?" if near else "For example: --timezone Europe/Berlin"
    raise InputError(f"{text!r} is no time zone", hint)
