"""A server of one model by OpenAI's protocol, as groups run them. Runs in the harness's interpreter:

    python openai_server.py MODEL NAME

Reads the key that it asks for from standard input, prints its port on one line, and serves until its
standard input ends. /v1/models, /v1/completions (with echo and logprobs) and /v1/chat/completions.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

MODEL = AutoModelForCausalLM.from_pretrained(sys.argv[1]).eval()
TOKENIZER = AutoTokenizer.from_pretrained(sys.argv[1])
NAME = sys.argv[2]
KEY = sys.stdin.readline().strip()
LOCK = threading.Lock()
MODEL.generation_config = GenerationConfig(
    eos_token_id=TOKENIZER.eos_token_id, pad_token_id=TOKENIZER.pad_token_id
)


def generate(ids: list[int], asked: dict[str, Any]) -> str:
    prompt = torch.tensor([ids])
    out = MODEL.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        max_new_tokens=asked["max_tokens"],
        do_sample=False,
    )
    text = TOKENIZER.decode(out[0, len(ids) :], skip_special_tokens=True)
    for stop in asked.get("stop") or ():
        text = text.split(stop)[0] if stop else text
    return str(text)


def echo(ids: list[int]) -> dict[str, Any]:
    with torch.no_grad():
        logs = torch.log_softmax(MODEL(torch.tensor([ids])).logits[0].float(), -1)
    full = [*ids, int(logs[-1].argmax())]
    own = [float(logs[at, full[at + 1]]) for at in range(len(ids))]
    best = [{"best": float(logs[at].max())} for at in range(len(ids))]
    return {"token_logprobs": [None, *own], "top_logprobs": [None, *best]}


def complete(asked: dict[str, Any]) -> dict[str, Any]:
    choices = []
    for index, ids in enumerate(asked["prompt"]):
        if asked.get("echo"):
            choices.append({"index": index, "text": "", "logprobs": echo(ids)})
        else:
            choices.append({"index": index, "text": generate(ids, asked)})
    return {"choices": choices}


def chat(asked: dict[str, Any]) -> dict[str, Any]:
    ids = TOKENIZER.apply_chat_template(
        asked["messages"], add_generation_prompt=True, return_dict=False
    )
    message = {"role": "assistant", "content": generate(ids, asked)}
    return {"choices": [{"index": 0, "message": message}]}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer({"data": [{"id": NAME}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with LOCK:
            self.answer(chat(asked) if self.path.endswith("/chat/completions") else complete(asked))

    def answer(self, value: dict[str, Any]) -> None:
        known = self.headers.get("Authorization") == f"Bearer {KEY}"
        body = json.dumps(value if known else {"error": "no such key"}).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None: ...


if __name__ == "__main__":
    torch.set_num_threads(1)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()
