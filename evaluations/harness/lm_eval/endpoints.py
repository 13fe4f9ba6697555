"""Questions to a server of models. The child has no network and no key: it speaks through a socket in
its own folder to the worker (evaluations/harness/relay.py), which asks the server that a recipe names.

Imported by backends.py in the harness's interpreter.
"""

from __future__ import annotations

import socket
from typing import Any

import lm_eval.models.api_models
import requests
import requests.adapters
import urllib3.connection
import urllib3.connectionpool
from lm_eval.api.registry import get_model
from refusing import Refused

# Relative: the child runs in its scratch folder, and a socket's whole path may be too long for one.
SOCKET = "endpoint.sock"
ADDRESS = "http://relay"
PATHS = {"completions": "/completions", "chat": "/chat/completions"}
MODELS = {"completions": "local-completions", "chat": "local-chat-completions"}
RETRIES = 6
SECONDS = 600


class _Connection(urllib3.connection.HTTPConnection):
    def _new_conn(self) -> socket.socket:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(SECONDS)
        made.connect(SOCKET)
        return made


class _Pool(urllib3.connectionpool.HTTPConnectionPool):
    ConnectionCls = _Connection


class _Adapter(requests.adapters.HTTPAdapter):
    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> _Pool:
        return _Pool("relay")


def load_endpoint(job: dict[str, Any]) -> Any:
    """lm_eval's client of the named server, its requests led through the relay."""
    given = job["backend_args"]
    api = given.get("api", "completions")
    session = requests.Session()
    session.trust_env = False
    session.mount(ADDRESS, _Adapter())
    lm_eval.models.api_models.requests = session
    options = {name: given[name] for name in ("max_length", "add_bos_token") if name in given}
    if api == "completions":
        # Prompts go as token ids: what is measured does not depend on the server's tokenizer.
        options |= {"tokenizer": job["checkpoint"], "tokenizer_backend": "huggingface"}
    model = get_model(MODELS[api])(
        model=job["model_name"],
        base_url=ADDRESS + PATHS[api],
        # The relay takes one at a time from a client of this kind, whatever the recipe's batch.
        batch_size=job["batch_size"] if api == "completions" else 1,
        num_concurrent=1,
        max_retries=RETRIES,
        timeout=SECONDS,
        trust_remote_code=False,
        seed=job["tasks"][0]["seeds"][0],
        **options,
    )
    if api == "chat":
        model.loglikelihood = model.loglikelihood_rolling = _refuse_likelihoods
    return model


def _refuse_likelihoods(*_: Any, **__: Any) -> Any:
    message = (
        "The task compares log-likelihoods, and a chat endpoint tells none: ask its completions."
    )
    raise Refused("bad_job", message)
