"""What a batch came to, as one page that loads nothing from anywhere."""

from __future__ import annotations

import datetime
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any

from nb_to_flow.ir.batch_result import OUTCOMES, BatchReport, SetRow, TaskRow
from nb_to_flow.report.plots import Point, scatter
from nb_to_flow.report.text import duration

_MOST_ROWS = 1000
_MOST_PLOTS = 6  # results that are drawn
_MOST_ACROSS = 3  # parameters that each is drawn over
_MOST_CATEGORIES = 12
_COLOURS = 6


def batch_page(report: BatchReport) -> str:
    """The page: counts, time saved, results over parameters, failures, the sets."""
    template = files("nb_to_flow.report").joinpath("batch.html").read_text(encoding="utf-8")
    body = "".join(
        (
            _head(report),
            _savings(report.tasks),
            _plots(report.sets),
            _failures(report.sets),
            _table(report.sets),
        )
    )
    title = escape(f"Batch of {report.title}")
    head, tail = template.replace("{{title}}", title).split("{{body}}")
    return f"{head}{body}{tail}"


def _head(report: BatchReport) -> str:
    pills = "".join(
        f'<span class="pill {OUTCOMES[words][0]}">{number:,} {words}</span>'
        for words, number in report.outcomes().items()
        if number
    )
    facts = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in report.facts.items() if v)
    sets = f"{len(report.sets):,} parameter set" + ("s" if len(report.sets) != 1 else "")
    return f"<h1>Batch of {escape(report.title)}</h1><p>{sets} {pills}</p><dl>{facts}</dl>"


def _savings(tasks: Sequence[TaskRow]) -> str:
    """What each task took, beside what it would have taken if every set had made its own calls."""
    once = sum(task.seconds for task in tasks)
    alone = sum(task.alone_seconds for task in tasks)
    if not once:
        return ""
    times = f", {alone / once:.1f} times as much" if alone / once >= 1.05 else ""
    said = f"{duration(once)} of work. One set at a time it would have been {duration(alone)}{times}."
    longest = max(task.alone_seconds for task in tasks) or 1.0
    rows = "".join(_saving(task, longest) for task in tasks)
    key = "".join(
        f"<span class='{name}'>{text}</span>" for name, text in (("taken", "took"), ("saved", "saved"))
    )
    head = f"<tr><th>task</th><th>ran</th><th>took</th><th>alone</th><th class='key'>{key}</th></tr>"
    return f"<h2>Shared work</h2><p>{said}</p><div class='wide'><table>{head}{rows}</table></div>"


def _saving(task: TaskRow, longest: float) -> str:
    alone, once = (200 * part / longest for part in (task.alone_seconds, task.seconds))
    bars = (
        f'<svg class="bars" width="200" height="12" role="img" aria-label="taken and saved">'
        f'<rect class="saved" width="{alone:.1f}" height="12" rx="2"/>'
        f'<rect class="taken" width="{max(once, 0.5):.1f}" height="12" rx="2"/></svg>'
    )
    ran = f"{task.ran:,} for {task.calls:,} calls" if task.calls != task.ran else f"{task.ran:,}"
    cells = [
        escape(task.task or "the whole flow"),
        ran,
        duration(task.seconds),
        duration(task.alone_seconds),
        bars,
    ]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _plots(sets: Sequence[SetRow]) -> str:
    done = [row for row in sets if row.state == "done"]
    results = [name for name in _names(row.outputs for row in done) if _is_plotted(done, name)][:_MOST_PLOTS]
    across = [name for name in _names(row.parameters for row in done) if _varies(done, name)]
    across.sort(key=lambda name: isinstance(_place(_first(done, name)), str))
    if not results or not across:
        return ""
    drawn = "".join(_row_of_plots(done, result, across) for result in results)
    return f"<h2>Results over parameters</h2><p>A dot is a set; lines join means.</p>{drawn}"


def _row_of_plots(done: Sequence[SetRow], result: str, across: Sequence[str]) -> str:
    figures = "".join(_plot(done, result, x, _series_for(done, x, across)) for x in across[:_MOST_ACROSS])
    return f"<h3>{escape(result)}</h3><div class='plots'>{figures}</div>"


def _plot(done: Sequence[SetRow], result: str, x: str, by: str) -> str:
    points = []
    for row in done:
        y: Any = row.outputs[result].value if result in row.outputs else None
        if _is_number(y) and x in row.parameters:
            series = str(row.parameters.get(by)) if by else ""
            title = f"set {row.number}: {result} {y:.6g}; " + ", ".join(
                f"{k} {v}" for k, v in row.parameters.items()
            )
            points.append(Point(x=_place(row.parameters[x]), y=y, series=series, title=title))
    points = [p for p in points if isinstance(p.x, str) == isinstance(points[0].x, str)]
    names = sorted({p.series for p in points}, key=_as_number)
    colours = {name: n % _COLOURS for n, name in enumerate(names)}
    legend = "".join(f'<span class="c{n}">{escape(name)}</span>' for name, n in colours.items() if by)
    caption = f"<figcaption>{escape(by)}: {legend}</figcaption>" if by else ""
    return f"<figure>{scatter(points, x, result, colours)}{caption}</figure>"


def _series_for(done: Sequence[SetRow], x: str, across: Sequence[str]) -> str:
    """Another parameter with few values, for colours; "" if there is none."""
    for name in reversed(across):  # text last
        if name != x and len({str(row.parameters.get(name)) for row in done}) <= _COLOURS:
            return name
    return ""


def _as_number(text: str) -> tuple[float, str]:
    """Numbers by size, then text."""
    try:
        return float(text), text
    except ValueError:
        return math.inf, text


def _is_plotted(done: Sequence[SetRow], name: str) -> bool:
    """Numbers that vary, other than a parameter that is handed back."""
    values = [
        row.outputs[name].value
        for row in done
        if name in row.outputs and row.outputs[name].value != row.parameters.get(name)
    ]
    numbers = {value for value in values if _is_number(value)}
    return len(numbers) > 1


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _varies(done: Sequence[SetRow], name: str) -> bool:
    values = {str(row.parameters.get(name)) for row in done}
    numeric = not isinstance(_place(_first(done, name)), str)
    return len(values) > 1 and (numeric or len(values) <= _MOST_CATEGORIES)


def _first(done: Sequence[SetRow], name: str) -> Any:
    return next((row.parameters[name] for row in done if row.parameters.get(name) is not None), None)


def _place(value: Any) -> float | int | str:
    return value if _is_number(value) else str(value)


def _names(rows: Iterator[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _failures(sets: Sequence[SetRow]) -> str:
    """Failed sets, those with the same error together."""
    groups: dict[str, list[int]] = defaultdict(list)
    for row in sets:
        if row.error:
            groups[row.error].append(row.number)
    if not groups:
        return ""
    rows = "".join(
        f"<tr><td>{len(numbers):,}</td><td class='error'>{escape(error[:2000])}</td>"
        f"<td>{', '.join(map(str, numbers[:20]))}{' …' if len(numbers) > 20 else ''}</td></tr>"
        for error, numbers in sorted(groups.items(), key=lambda item: -len(item[1]))[:100]
    )
    head = "<tr><th>sets</th><th>error</th><th>which</th></tr>"
    return f"<h2>Failures</h2><div class='wide'><table>{head}{rows}</table></div>"


def _table(sets: Sequence[SetRow]) -> str:
    parameters = _names(row.parameters for row in sets)
    outputs = _names(row.outputs for row in sets)
    head = "".join(f"<th>{escape(name)}</th>" for name in ("set", *parameters, *outputs, "state", "seconds"))
    rows = "".join(_table_row(row, parameters, outputs) for row in sets[:_MOST_ROWS])
    more = len(sets) - _MOST_ROWS
    rest = f"<p>{more:,} more are in results.csv.</p>" if more > 0 else ""
    return f"<h2>Sets</h2><div class='wide'><table><tr>{head}</tr>{rows}</table></div>{rest}"


def _table_row(row: SetRow, parameters: Sequence[str], outputs: Sequence[str]) -> str:
    cells = [f"<td>{row.number}</td>"]
    cells += [f"<td>{_text(row.parameters.get(name))}</td>" for name in parameters]
    for name in outputs:
        output = row.outputs.get(name)
        if output is not None and output.path:
            cells.append(f'<td><a href="{escape(output.path)}">{escape(output.kind)}</a></td>')
        else:
            cells.append(f"<td>{_text(output.value) if output else ''}</td>")
    title = f' title="{escape(row.error)}"' if row.error else ""
    cells.append(f'<td><span class="pill {escape(row.state)}"{title}>{escape(row.state)}</span></td>')
    cells.append(f"<td>{row.seconds:.2f}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, datetime.datetime):
        return escape(value.isoformat(sep=" "))
    return escape(str(value)[:200])
