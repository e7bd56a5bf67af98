"""Credentials that notebooks hold: found, reported, and taken out if the user says where they are kept."""

from nb_to_flow.credentials.guard import MASKED, Guarded, guard
from nb_to_flow.credentials.takeout import starred
from nb_to_flow.credentials.values import credential_kind

__all__ = ["MASKED", "Guarded", "credential_kind", "guard", "starred"]
