"""The official `openai` client against `llama-pajamas-run serve`: chat, streams, log-probabilities, JSON schemas, tools,
limits and errors. Every check says what it expects; the first that fails ends the script with 1.
"""

import argparse
import json
import os
import signal
import threading
import time
import urllib.request

import openai

from serve_process import LabServer

parser = argparse.ArgumentParser()
parser.add_argument("--program", required=True, help="llama-pajamas-run")
parser.add_argument("--model", required=True, help="the embedded model as GGUF")
parser.add_argument("--tools-model", required=True, help="the same with a chat template that knows tools")
options = parser.parse_args()

SUM = [{"role": "user", "content": "Calculate 21 - 13."}]
PLAIN = {"chat_template_kwargs": {"enable_thinking": False}}
ADD = {"type": "function", "function": {
    "name": "add", "description": "Adds two digits.", "parameters": {
        "type": "object", "additionalProperties": False, "required": ["first", "second"],
        "properties": {"first": {"type": "integer", "minimum": 0, "maximum": 9},
                       "second": {"type": "integer", "minimum": 0, "maximum": 9}}}}}

# The embedded model calls no tools of its own accord.
CALL = r"""root ::= "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"first\": " [0-9] ", \"second\": " [0-9] "}}\n</tool_call>" """


def check(condition, what):
    if not condition:
        raise SystemExit(f"serve: {what}")


def fails(kind, status, call, what):
    """Checks that a call ends with an error of the client's; returns it."""
    try:
        call()
    except kind as error:
        # An error within a stream has no status.
        found = getattr(error, "status_code", None)
        check(status is None or found == status, f"{what}: status {found}, not {status}")
        return error
    raise SystemExit(f"serve: {what} was no error")


def client(server, **settings):
    return openai.OpenAI(base_url=server.url + "/v1", max_retries=0, **{"api_key": "none", **settings})


def get(server, path, headers=None):
    with urllib.request.urlopen(urllib.request.Request(server.url + path, headers=headers or {})) as reply:
        return reply.read().decode()


def chats(ai):
    check([model.id for model in ai.models.list()] == ["tiny"], "the list of models")
    check(ai.models.retrieve("tiny").id == "tiny", "one model")
    answer = ai.chat.completions.create(model="tiny", messages=SUM, temperature=0)
    message = answer.choices[0].message
    check(message.content == "8", f"the answer is {message.content!r}")
    check("21-13" in message.reasoning_content.replace(" ", ""), "the thought")
    check(answer.choices[0].finish_reason == "stop", "the end of an answer")
    check(answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens, "usage")

    plain = ai.chat.completions.create(
        model="tiny", temperature=0, extra_body=PLAIN,
        messages=[{"role": "user", "content": "Which city is the capital of France?"}])
    check(plain.choices[0].message.content == "Paris", f"without thinking: {plain.choices[0].message.content!r}")
    check(not getattr(plain.choices[0].message, "reasoning_content", None), "a thought where none was asked for")

    parts = ai.chat.completions.create(
        model="tiny", temperature=0, extra_body=PLAIN, messages=[
            {"role": "user", "content": [{"type": "text", "text": "Which city is "},
                                         {"type": "text", "text": "the capital of France?"}]}])
    check(parts.choices[0].message.content, "content in parts")


def streams(ai):
    whole = ai.chat.completions.create(model="tiny", messages=SUM, temperature=0)
    content, thought, pieces, usage, reason = "", "", 0, None, None
    for piece in ai.chat.completions.create(
            model="tiny", messages=SUM, temperature=0, stream=True, stream_options={"include_usage": True}):
        pieces += 1
        usage = piece.usage or usage
        for choice in piece.choices:
            content += choice.delta.content or ""
            thought += getattr(choice.delta, "reasoning_content", None) or ""
            reason = choice.finish_reason or reason
    message = whole.choices[0].message
    check((content, thought) == (message.content, message.reasoning_content), "a stream says something else")
    check(pieces > 10, f"the stream has {pieces} pieces")
    check(reason == "stop" and usage.completion_tokens == whole.usage.completion_tokens, "the stream's end")

    texts = {}
    for piece in ai.chat.completions.create(
            model="tiny", messages=SUM, temperature=1, seed=5, n=3, max_tokens=12, stream=True, extra_body=PLAIN):
        for choice in piece.choices:
            texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
    again = ai.chat.completions.create(
        model="tiny", messages=SUM, temperature=1, seed=5, n=3, max_tokens=12, extra_body=PLAIN)
    check(sorted(texts) == [0, 1, 2], "several answers in a stream")
    check([texts[c.index] for c in again.choices] == [c.message.content for c in again.choices], "the same seed")


def probabilities(ai):
    answer = ai.chat.completions.create(
        model="tiny", messages=SUM, temperature=0, logprobs=True, top_logprobs=3, max_tokens=5)
    tokens = answer.choices[0].logprobs.content
    check(len(tokens) == answer.usage.completion_tokens, "a log-probability for each token")
    check(all(len(token.top_logprobs) == 3 for token in tokens), "three alternatives for each token")
    check(all(token.logprob == token.top_logprobs[0].logprob <= 0 for token in tokens), "greedy takes the likeliest")

    echo = ai.completions.create(model="tiny", prompt="The cat sat", max_tokens=0, echo=True, logprobs=1)
    own = echo.choices[0].logprobs
    check(echo.choices[0].text == "The cat sat" == "".join(own.tokens), "echo")
    check(own.token_logprobs[0] is None and all(value < 0 for value in own.token_logprobs[1:]), "prompt's probabilities")
    check(own.text_offset == [sum(len(t) for t in own.tokens[:i]) for i in range(len(own.tokens))], "offsets")

    more = ai.completions.create(
        model="tiny", prompt=["The cat", [1, 2, 3]], max_tokens=4, temperature=0, n=2, echo=True, logprobs=0)
    check([choice.index for choice in more.choices] == [0, 1, 2, 3], "two answers to each of two prompts")
    check(more.choices[0].text == more.choices[1].text and more.choices[0].text.startswith("The cat"), "greedy twice")
    check(more.usage.completion_tokens == 16, "usage of several answers")

    banned = ai.completions.create(
        model="tiny", prompt="The", max_tokens=1, temperature=0, logprobs=1, logit_bias={"100": 100})
    token = ai.completions.create(
        model="tiny", prompt=[100], max_tokens=0, echo=True, logprobs=0).choices[0].logprobs.tokens[0]
    check(banned.choices[0].logprobs.tokens == [token], "logit_bias")


def constraints(ai, tools):
    schema = {"type": "object", "additionalProperties": False, "required": ["colour", "count"], "properties": {
        "colour": {"enum": ["red", "blue"]}, "count": {"type": "integer", "minimum": 0, "maximum": 9}}}
    answer = ai.chat.completions.create(
        model="tiny", temperature=0, max_tokens=200, extra_body=PLAIN,
        messages=[{"role": "user", "content": "Name a colour."}],
        response_format={"type": "json_schema", "json_schema": {"name": "colour", "schema": schema}})
    found = json.loads(answer.choices[0].message.content)
    check(found["colour"] in ("red", "blue") and 0 <= found["count"] <= 9, f"the schema: {found}")
    stopped = ai.completions.create(model="tiny", prompt="1 2 3 4", max_tokens=20, temperature=0, stop=[" "])
    check(" " not in stopped.choices[0].text, "a stop text")

    asked = {"model": "tools", "messages": [{"role": "user", "content": "What is 2 + 3?"}], "max_tokens": 200,
             "tools": [ADD], "tool_choice": "required", "temperature": 0, "extra_body": {"grammar": CALL}}
    answer = tools.chat.completions.create(**asked)
    call = answer.choices[0].message.tool_calls[0]
    check(answer.choices[0].finish_reason == "tool_calls" and call.function.name == "add" and call.id, "a call")
    check(set(json.loads(call.function.arguments)) == {"first", "second"}, f"arguments {call.function.arguments}")
    name, arguments = "", ""
    for piece in tools.chat.completions.create(**asked, stream=True):
        for delta in piece.choices[0].delta.tool_calls or []:
            name += delta.function.name or ""
            arguments += delta.function.arguments or ""
    check((name, arguments) == ("add", call.function.arguments), "a call in a stream")
    reply = tools.chat.completions.create(model="tools", max_tokens=20, tools=[ADD], messages=[
        asked["messages"][0], {"role": "assistant", "content": None, "tool_calls": [call.model_dump()]},
        {"role": "tool", "tool_call_id": call.id, "content": "5"}])
    check(reply.choices[0].message is not None, "a tool's result")


def errors(server, ai):
    create = ai.chat.completions.create
    fails(openai.NotFoundError, 404, lambda: create(model="other", messages=SUM), "another model")
    error = fails(openai.BadRequestError, 400, lambda: create(model="tiny", messages=[]), "no messages")
    check(error.param == "messages", f"the parameter at fault is {error.param}")
    for name, value in [("temperature", -1), ("top_p", 2), ("n", 0), ("max_tokens", 0), ("seed", "x"), ("stop", [""]),
                        ("logit_bias", {"x": 1}), ("tools", [{}]), ("response_format", {"type": "x"}),
                        ("top_logprobs", 3), ("functions", [{}])]:
        error = fails(openai.BadRequestError, 400, lambda: create(
            model="tiny", messages=SUM, **({"extra_body": {name: value}})), name)
        check(error.param and error.param.split("[")[0].split(".")[0] == name, f"{name}: the parameter is {error.param}")
    long = [{"role": "user", "content": "word " * 3000}]
    error = fails(openai.BadRequestError, 400, lambda: create(model="tiny", messages=long), "a prompt that is too long")
    check(error.code == "context_length_exceeded", f"the code is {error.code}")
    fails(openai.BadRequestError, 400, lambda: create(model="tiny", messages=long, stream=True), "the same in a stream")
    huge = [{"role": "user", "content": "w" * (1 << 20)}]
    fails(openai.APIStatusError, 413, lambda: create(model="tiny", messages=huge), "a body that is too large")
    fails(openai.NotFoundError, 404, lambda: ai.embeddings.create(model="tiny", input="x"), "no such route")
    check(json.loads(get(server, "/health"))["status"] == "ok", "health")


def keys(program, model):
    with LabServer(program, model, "--name", "tiny", "--api-key", "first", "--api-key", "second") as server:
        for key in ("first", "second"):
            check(list(client(server, api_key=key).models.list()), "a key")
        for key in ("firs", "first2", "third"):
            fails(openai.AuthenticationError, 401, client(server, api_key=key).models.list, f"the key {key}")
        check("ok" in get(server, "/health"), "health needs no key")


def back_pressure(program, model):
    """One slot, one that waits: the third is refused; who goes away makes room."""
    body = {"ignore_eos": True}
    with LabServer(program, model, "--name", "tiny", "--slots", "1", "--queue", "1", "--context-length", "2048") as server:
        ai = client(server)
        first = ai.completions.create(model="tiny", prompt="The", max_tokens=2000, stream=True, extra_body=body)
        next(iter(first))
        done = []
        waiting = threading.Thread(target=lambda: done.append(
            ai.completions.create(model="tiny", prompt="A", max_tokens=3, extra_body=body)))
        waiting.start()
        until(lambda: "lab_requests_waiting 1" in get(server, "/metrics"), "one request waits")
        error = fails(openai.RateLimitError, 429, lambda: ai.completions.create(model="tiny", prompt="B"), "a full queue")
        check(int(error.response.headers["retry-after"]) >= 1, "Retry-After")
        first.close()
        waiting.join(60)
        check(done and done[0].usage.completion_tokens == 3, "who waited is answered when another goes away")
        until(lambda: 'lab_requests_total{end="cancelled"} 1' in get(server, "/metrics"), "the one that went is counted")


def loss_of_a_worker(program, model):
    """A worker that dies: its requests get an error, and the next ones another worker."""
    with LabServer(program, model, "--name", "tiny", "--slots", "2") as server:
        ai = client(server)
        stream = ai.completions.create(
            model="tiny", prompt="The", max_tokens=1900, stream=True, extra_body={"ignore_eos": True})
        next(iter(stream))
        os.kill(server.worker, signal.SIGKILL)
        error = fails(openai.APIError, None, lambda: list(stream), "a stream whose worker died")
        check("killed" in str(error), f"the error says {error}")
        check(ai.completions.create(model="tiny", prompt="The", max_tokens=3).usage.completion_tokens == 3, "the next")
        check("lab_worker_restarts_total 1" in get(server, "/metrics"), "the restart is counted")


def shutdown(program, model):
    """What runs is finished when the server is told to end."""
    server = LabServer(program, model, "--name", "tiny")
    stream = client(server).completions.create(
        model="tiny", prompt="The", max_tokens=1500, stream=True, extra_body={"ignore_eos": True})
    pieces = iter(stream)
    next(pieces)
    ended = threading.Thread(target=server.end)
    ended.start()
    choices = [piece.choices[0] for piece in pieces if piece.choices]
    check(choices[-1].finish_reason == "length", "a stream is finished during the shutdown")
    ended.join(60)
    check(server.process.returncode == 0, f"the server ended with {server.process.returncode}")


def until(condition, what, patience=30):
    end = time.monotonic() + patience
    while not condition():
        check(time.monotonic() < end, f"it never came that {what}")
        time.sleep(0.02)


def main():
    program, model = options.program, options.model
    with LabServer(program, model, "--name", "tiny", "--max-body", "1000000") as server, \
            LabServer(program, options.tools_model, "--name", "tools") as tools:
        ai = client(server)
        chats(ai)
        streams(ai)
        probabilities(ai)
        constraints(ai, client(tools))
        errors(server, ai)
    keys(program, model)
    back_pressure(program, model)
    loss_of_a_worker(program, model)
    shutdown(program, model)
    print("serve: the openai client's checks passed")


main()
