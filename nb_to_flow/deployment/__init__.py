"""Deployments: a flow's entry in prefect.yaml, what an image of it needs, and its registration on a server."""

from nb_to_flow.deployment.entry import pool_type
from nb_to_flow.deployment.entryfile import EntryFile
from nb_to_flow.deployment.image import ImageFile, image_files, is_ours
from nb_to_flow.deployment.model import Change, DeployOptions, FlowSource, PoolType
from nb_to_flow.deployment.register import Registration, api_url, register
from nb_to_flow.deployment.requirements import Requirements, requirements_of
from nb_to_flow.deployment.schedules import described
from nb_to_flow.deployment.steps import image_step

__all__ = [
    "Change",
    "DeployOptions",
    "EntryFile",
    "FlowSource",
    "ImageFile",
    "PoolType",
    "Registration",
    "Requirements",
    "api_url",
    "described",
    "image_files",
    "image_step",
    "is_ours",
    "pool_type",
    "register",
    "requirements_of",
]
