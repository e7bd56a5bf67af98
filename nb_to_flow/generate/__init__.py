"""From a plan to the text of a flow module."""

from __future__ import annotations

import ast
import warnings

from nb_to_flow.generate.context import make_context
from nb_to_flow.generate.helpers import NAMES
from nb_to_flow.generate.lines import joined
from nb_to_flow.generate.lint import Finding, RuffError, tidy
from nb_to_flow.generate.module import module_lines
from nb_to_flow.generate.sourcemap import source_map
from nb_to_flow.ir.diagnostics import Diagnostic, Outcome, Severity
from nb_to_flow.ir.flow import GeneratedFlow, GenerateOptions
from nb_to_flow.ir.plan import FlowPlan

__all__ = ["GenerateOptions", "generate"]

_DEFAULTS = GenerateOptions()


def generate(plan: FlowPlan, options: GenerateOptions = _DEFAULTS) -> Outcome[GeneratedFlow]:
    """Write the flow that a plan describes.

    Returns the module's text, formatted and free of lint, and its map back to the notebook. The value is
    None if the text would be no Python, which an error diagnostic explains. Nothing is written to disk.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python thinks of the author's escapes
            return _generated(plan, options)
    except (SyntaxError, RuffError) as error:
        return Outcome(value=None, diagnostics=(_unreadable(error),))


def _generated(plan: FlowPlan, options: GenerateOptions) -> Outcome[GeneratedFlow]:
    lines = module_lines(make_context(plan, options, NAMES | {"configure"}))
    draft = joined(lines)
    source, findings = tidy(draft)
    mapped = source_map(lines, ast.parse(draft), source)
    flow = GeneratedFlow(plan=plan, source=source, source_map=mapped)
    return Outcome(value=flow, diagnostics=tuple(_undefined(findings, flow)))


def _unreadable(error: Exception) -> Diagnostic:
    return Diagnostic(
        code="NB501",
        severity=Severity.ERROR,
        message=f"The generated module is no valid Python: {error}",
        hint="Please report this with the notebook; as a way out, simplify the cells that use unusual syntax.",
    )


def _undefined(findings: tuple[Finding, ...], flow: GeneratedFlow) -> list[Diagnostic]:
    """A warning for each name that nothing defines, unless running code as text may define it."""
    if any(task.uses_globals for task in flow.plan.tasks):
        return []
    return [
        Diagnostic(
            code="NB502",
            severity=Severity.WARNING,
            message=f"In the flow, {finding.message[0].lower()}{finding.message[1:]}.",
            hint="The statement fails when it runs; define the name in the notebook.",
            span=flow.source_map.get(finding.line),
        )
        for finding in findings
        if finding.code == "F821"
    ]
