"""What every harness's child refuses on the way to a model. Imported in the harness's interpreter."""

from __future__ import annotations

from typing import Any

import transformers


class Refused(Exception):
    """A job that must not go on; the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def refuse_random_weights(channel: Any) -> None:
    """Transformers fills in what the files lack with random numbers and only logs it."""
    original = transformers.PreTrainedModel.from_pretrained.__func__

    def from_pretrained(cls: Any, *args: Any, **options: Any) -> Any:
        options["output_loading_info"] = True
        model, info = original(cls, *args, **options)
        missing = sorted(map(str, info.get("missing_keys") or ()))
        mismatched = sorted(str(key) for key in info.get("mismatched_keys") or ())
        if missing or mismatched:
            listed = ", ".join((missing + mismatched)[:3])
            count = len(missing) + len(mismatched)
            raise Refused("config_mismatch", f"{count} weights do not fit the config: {listed}.")
        if unexpected := info.get("unexpected_keys"):
            channel.emit("warning", message=f"{len(unexpected)} stored weights are not used.")
        return model

    transformers.PreTrainedModel.from_pretrained = classmethod(from_pretrained)
