"""What each statement reads, binds, changes and does to the world."""

from nb_to_flow.facts.analyse import FactsOptions, analyse

__all__ = ["FactsOptions", "analyse"]
