"""Where checkpoints come from: one protocol (protocol.py), one endpoint (huggingface.py)."""

from hub.origins.errors import OriginError
from hub.origins.huggingface import HuggingFace, from_settings
from hub.origins.protocol import Description, Origin, RemoteFile, WeightsSummary

__all__ = [
    "Description",
    "HuggingFace",
    "Origin",
    "OriginError",
    "RemoteFile",
    "WeightsSummary",
    "get",
]


def get() -> HuggingFace:
    """The origin that settings name (HF_ENDPOINT)."""
    return from_settings()
