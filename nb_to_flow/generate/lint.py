"""Ruff's formatter and linter, run on the module's text."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass

# Fixes that surely leave the meaning alone.
_FIXED = "I001,F541,W605,RUF100"
# Said where they occur: they tell the reader something about that line.
_LINE_CODES = frozenset({"F401", "F402", "F403", "F811", "F821", "E402"})
_FEW = 2
_ROUNDS = 3


class RuffError(Exception):
    """Ruff could not read the module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding of the linter: its code, its message and the line where `noqa` silences it."""

    code: str
    message: str
    line: int


def tidy(source: str) -> tuple[str, tuple[Finding, ...]]:
    """The text sorted, formatted and marked so that ruff's default rules find nothing.

    Returns it with the findings that were silenced. Raises RuffError if it is no Python.
    """
    fixed = _ruff(["check", "--fix", "--exit-zero", "--quiet", "--fixable", _FIXED], source)
    text = _format(fixed)
    silenced: list[Finding] = []
    for _ in range(_ROUNDS):
        findings = _check(text)
        if not findings:
            break
        silenced += findings
        text = _format(_silence(text, findings))
    return text, tuple(silenced)


def _format(source: str) -> str:
    return _ruff(["format"], source)


def _check(source: str) -> list[Finding]:
    found = json.loads(_ruff(["check", "--exit-zero", "--output-format", "json"], source))
    return [
        Finding(code=f["code"] or "", message=f["message"], line=f.get("noqa_row") or f["location"]["row"])
        for f in found
    ]


def _silence(source: str, findings: list[Finding]) -> str:
    """The text with a comment for each finding: on its line, or for the file if there are many of a kind."""
    counts = Counter(f.code for f in findings)
    whole_file = {c for c, n in counts.items() if n > _FEW and c not in _LINE_CODES}
    by_line: dict[int, set[str]] = defaultdict(set)
    for finding in findings:
        if finding.code not in whole_file and re.fullmatch(r"[A-Z]+[0-9]+", finding.code):
            by_line[finding.line].add(finding.code)
    lines = source.split("\n")
    for number, codes in by_line.items():
        lines[number - 1] = _with_noqa(lines[number - 1], codes)
    return _with_file_noqa("\n".join(lines), whole_file)


def _with_noqa(line: str, codes: set[str]) -> str:
    present = re.search(r"#\s*noqa(?::\s*([A-Z0-9, ]+))?\s*$", line)
    if present and present.group(1):
        codes = codes | set(re.findall(r"[A-Z]+[0-9]+", present.group(1)))
        line = line[: present.start()].rstrip()
    return f"{line}  # noqa: {', '.join(sorted(codes))}"


def _with_file_noqa(source: str, codes: set[str]) -> str:
    if not codes:
        return source
    present = re.search(r"^# ruff: noqa: ([A-Z0-9, ]+)\n", source, re.MULTILINE)
    if present:
        codes = codes | set(present.group(1).split(", "))
        source = source.replace(present.group(0), "", 1)
    comment = f"# ruff: noqa: {', '.join(sorted(codes))}\n"
    end = re.search(r'"""\n', source[3:]) if source.startswith('"""') else None
    position = end.end() + 3 if end else 0
    return f"{source[:position]}\n{comment}{source[position:]}"


def _ruff(arguments: list[str], source: str) -> str:
    command = [_binary(), *arguments, "--isolated", "--no-cache", "--stdin-filename", "flow.py", "-"]
    # in an empty folder: what lies in the current one must not decide which imports count as local
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(
            command, input=source, capture_output=True, encoding="utf-8", check=False, cwd=empty
        )
    if done.returncode:
        raise RuffError(done.stderr.strip()[:500])
    return done.stdout


def _binary() -> str:
    from ruff.__main__ import find_ruff_bin  # type: ignore[import-untyped]

    return str(find_ruff_bin())
