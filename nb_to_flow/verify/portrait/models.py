"""What libraries of models and graphs hold beside plain attributes."""

from __future__ import annotations

from typing import Any

from .painter import Painter

_RESULTS = (
    "params",
    "bse",
    "pvalues",
    "llf",
    "aic",
    "bic",
    "rsquared",
    "nobs",
    "df_resid",
    "fittedvalues",
    "resid",
)


def see_statsmodels(painter: Painter, value: Any) -> dict[str, Any] | None:
    """The results of a fit by their numbers; anything else by its attributes."""
    if not hasattr(value, "params") or "Result" not in type(value).__name__:
        return None
    state = []
    for name in _RESULTS:
        try:
            state.append([name, painter.see(getattr(value, name))])
        except Exception as error:  # noqa: BLE001 - which results a model has depends on the model
            state.append([name, type(error).__name__])
    return {"k": "object", "type": type(value).__name__, "state": state}


def see_networkx(painter: Painter, value: Any) -> dict[str, Any] | None:
    """A graph by its nodes and edges: which views it has cached does not matter."""
    if not (hasattr(value, "add_edge") and hasattr(value, "edges")):
        return None
    keys = {"keys": True} if value.is_multigraph() else {}
    parts = [
        ["attributes", value.graph],
        ["nodes", list(value.nodes(data=True))],
        ["edges", list(value.edges(data=True, **keys))],
    ]
    state = [[name, painter.see(part)] for name, part in parts]
    return {"k": "object", "type": type(value).__name__, "state": state}


def see_torch(painter: Painter, value: Any) -> dict[str, Any] | None:
    """A tensor as its array, a module by its parameters."""
    kind = type(value).__name__
    if hasattr(value, "detach") and hasattr(value, "numpy"):
        state = [["device", str(value.device)], ["values", painter.see(value.detach().cpu().numpy())]]
        return {"k": "object", "type": kind, "state": state}
    if hasattr(value, "state_dict"):
        state = [["training", getattr(value, "training", None)], ["state", painter.see(value.state_dict())]]
        return {"k": "object", "type": kind, "state": state}
    return None
