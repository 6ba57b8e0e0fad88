"""llama-server as a script asks it: started with one model, over HTTP.

Needs nothing but Python's own library.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import time

from measure import engine_environment

# Sampling by the names of its interface; what Qwen's card says of min-p goes with its temperatures.
GREEDY = {"temperature": 0}
THINKING = {"temperature": 0.6, "top_p": 0.95, "top_k": 20, "min_p": 0}
PLAIN = {"temperature": 0.7, "top_p": 0.8, "top_k": 20, "min_p": 0}


class ServerError(Exception):
    """The server did not start, ended, or answered with an error or with nothing."""


def free_port():
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


class Server:
    """A llama-server with one model; `with` ends it."""

    def __init__(self, engine, model, context, threads, log, slots=1, devices="none"):
        """`context` is that of each slot; `devices` are names of the engine's registry, "none" for the CPU alone."""
        self.port = free_port()
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                [os.path.join(engine, "bin", "llama-server"), "-m", model, "--host", "127.0.0.1", "--port",
                 str(self.port), "-t", str(threads), "-np", str(slots), "-c", str(slots * context), "--jinja",
                 "--device", devices],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=engine_environment(engine))
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)

    def __enter__(self):
        try:
            self.wait_for_model()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.connection.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def wait_for_model(self, patience_seconds=300):
        """Asks twenty times a second until the model is loaded."""
        for _ in range(20 * patience_seconds):
            if self.process.poll() is not None:
                raise ServerError(f"llama-server ended with {self.process.returncode}")
            try:
                if self.request("GET", "/health")[0] == 200:
                    return
            except OSError:
                self.connection.close()
            time.sleep(0.05)
        raise ServerError(f"llama-server has not loaded its model in {patience_seconds} s")

    def request(self, method, path, body=None):
        """Status and content of a reply."""
        content = None if body is None else json.dumps(body)
        self.connection.request(method, path, content, {"Content-Type": "application/json"})
        reply = self.connection.getresponse()
        return reply.status, reply.read()

    def post(self, path, body):
        status, content = self.request("POST", path, body)
        if status != 200:
            raise ServerError(f"llama-server replied {status}: {content.decode(errors='replace')[:300]}")
        return json.loads(content)

    def go_on(self, text, limit, sampling):
        """What the model writes after a text."""
        reply = self.post("/completion", {"prompt": text, "n_predict": limit, "seed": 1, **sampling})
        return Answer(reply["content"], "", reply["tokens_predicted"], reply["timings"])

    def reply(self, messages, is_thinking, limit, sampling):
        """What the model replies to a conversation."""
        reply = self.post("/v1/chat/completions", {
            "messages": messages, "max_tokens": limit, "seed": 1,
            "chat_template_kwargs": {"enable_thinking": is_thinking}, **sampling})
        message = reply["choices"][0]["message"]
        return Answer(message.get("content") or "", message.get("reasoning_content") or "",
                      reply["usage"]["completion_tokens"], reply["timings"])


class Answer:
    """A text, what was thought before it, the tokens of both, and the seconds that the server says it took."""

    def __init__(self, text, thought, tokens, timings):
        self.text, self.thought, self.tokens = text, thought, tokens
        self.seconds = (timings["prompt_ms"] + timings["predicted_ms"]) / 1000
        if not text.strip() and not thought.strip():
            raise ServerError("llama-server gave an empty answer")

    def is_right(self, row):
        """Whether it is, word for word, an accepted answer to a prompt of a set.

        Code is held against the expected text and not run: what a model wrote is run in the lab's sandbox only.
        """
        return self.text.strip() in [row["answer"], *row.get("accept", [])]
