"""What the worker has loaded, and the requests about it."""

from __future__ import annotations

import base64
from typing import Any

from .chat import ChatTemplate
from .engine import Device
from .following import follow
from .generation import Report, generate
from .model import Model
from .predictions import PredictionsError, Settings
from .problem import WorkerProblem
from .scoring import Context, diverged_from_parent, diverged_from_record, predicted, score
from .serving import Link, Serving
from .text import ChunkedText


class Session:
    """One artifact at a time, and for comparisons in lockstep its parent."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._model: Model | None = None
        self._context: Context | None = None
        self._parent: Context | None = None
        self._text: ChunkedText | None = None
        self._template: ChatTemplate | None = None

    def load(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Loads an artifact in place of the one before; returns the payload of `loaded`."""
        if parameters["backend"] != "mlx":
            raise WorkerProblem(
                f"no {parameters['backend']} device: the engine here offers mlx",
                "run ./lab doctor to see what is missing", is_backend_missing=True)
        if parameters.get("calibrates"):
            raise WorkerProblem(
                "mlx-lm collects no sums for an importance matrix", "calibrate on the cpu backend")
        self._context = self._parent = None
        path, vocabulary_only = parameters["path"], bool(parameters["vocabularyOnly"])
        kept = self._model
        if kept is None or kept.path != path:
            # Released before the next is loaded. A text stays cut when the rest of the same artifact is loaded.
            self._model = self._text = self._template = kept = None
        if kept is None or (kept.network is None and not vocabulary_only):
            kept = self._model = Model(path, self._device, parameters["threads"], vocabulary_only)
            self._template = None
        if not vocabulary_only:
            self._context = self._context_over(kept, parameters, parameters["microBatch"])
            if parent_path := parameters.get("parentPath"):
                # An artifact beside itself, computed in other steps, needs no second copy.
                parent = kept if parent_path == path else Model(parent_path, self._device, parameters["threads"])
                kept.require_vocabulary_of(parent)
                micro_batch = parameters.get("parentMicroBatch") or parameters["microBatch"]
                self._parent = self._context_over(parent, parameters, micro_batch)
        return kept.description()

    def perform(self, method: str, parameters: dict[str, Any], report: Report) -> tuple[str, Any]:
        """Does any other request; returns its closing event with its payload, None where it has none."""
        match method:
            case "chunk":
                text = self._text = ChunkedText(
                    parameters["text"], parameters["contextLength"], self._loaded().tokenizer)
                return "chunked", text.description()
            case "render":
                model = self._loaded()
                return "rendered", [self._render(prompt, model) for prompt in parameters["prompts"]]
            case "score":
                self._score(parameters, report)
            case "predict":
                self._predict(parameters, report)
            case "diverge":
                self._diverge(parameters, report)
            case "generate":
                generate(self._whole(), parameters, report)
            case "follow":
                follow(self._whole(), parameters, report)
            case _:
                raise WorkerProblem(f"this worker knows no request '{method}'", "build the lab and its worker together")
        return "done", None

    def serving(self, link: Link) -> Serving:
        """What answers requests that come and go, with the artifact that is loaded."""
        context = self._whole()
        try:
            template = ChatTemplate(context.model.tokenizer, context.model.path)
        except WorkerProblem:
            template = None
        return Serving(context, template, link)

    def _context_over(self, model: Model, parameters: dict[str, Any], micro_batch: int) -> Context:
        assert model.network is not None
        context = Context(
            model, model.network, parameters["contextLength"], parameters["parallelSequences"], micro_batch,
            max(1, parameters["threads"]))
        self._require_cache(context, parameters["kvType"])
        self._require_attention(parameters["flashAttention"])
        return context

    def _require_cache(self, context: Context, name: str) -> None:
        """The lab's usual setting, "f16", stands for what MLX does: keys and values in the type of the activations."""
        if name in ("f16", "auto"):
            return
        own = context.network.cache_type() if name in ("f32", "bf16") else ""
        if name != own:
            raise WorkerProblem(
                f"a key-value cache of type '{name}' is none that MLX keeps of {context.model.path}",
                "use f16, which stands for the type of the activations" + (f", here {own}" if own else ""))

    def _require_attention(self, name: str) -> None:
        """MLX's attention is fused on a GPU and is not on a CPU."""
        if name not in ("auto", "off" if self._device.is_cpu else "on"):
            raise WorkerProblem(f"MLX cannot compute with flash attention '{name}' here", "use auto")

    def _loaded(self) -> Model:
        if self._model is None:
            raise WorkerProblem("no artifact is loaded")
        return self._model

    def _whole(self) -> Context:
        if self._context is None:
            raise WorkerProblem("no artifact is loaded")
        return self._context

    def _scorable(self) -> tuple[Context, ChunkedText]:
        """The loaded artifact and the text chunked last."""
        if self._context is None or self._text is None:
            raise WorkerProblem("no artifact or no text is loaded")
        return self._context, self._text

    def _score(self, parameters: dict[str, Any], report: Report) -> None:
        context, text = self._scorable()
        for index in parameters["chunks"]:
            chunk = text.chunk(index, context.context_length)
            report("scored", {"index": index, "score": score(context, chunk)})

    def _predict(self, parameters: dict[str, Any], report: Report) -> None:
        context, text = self._scorable()
        settings = Settings.decoding(parameters["settings"])
        if problem := settings.problem():
            raise WorkerProblem(problem)
        for index in parameters["chunks"]:
            chunk = text.chunk(index, context.context_length)
            report("predicted", {"index": index, **predicted(context, chunk, settings)})

    def _diverge(self, parameters: dict[str, Any], report: Report) -> None:
        self._scorable()
        for wanted in parameters["chunks"]:
            index = wanted["index"]
            divergence = self._divergence(index, wanted.get("predictions"))
            report("diverged", {"index": index, "divergence": divergence})

    def _divergence(self, index: int, predictions: str | None) -> dict[str, Any]:
        context, text = self._scorable()
        chunk = text.chunk(index, context.context_length)
        if predictions is not None:
            try:
                return diverged_from_record(context, chunk, base64.b64decode(predictions))
            except PredictionsError as error:
                raise WorkerProblem(f"chunk {index}: {error}", error.failure.get("remedy")) from error
        if self._parent is None:
            raise WorkerProblem(
                f"chunk {index} came without the parent's predictions, and no parent is loaded",
                "send predictions, or load the artifact with its parent")
        return diverged_from_parent(context, chunk, self._parent)

    def _render(self, prompt: dict[str, Any], model: Model) -> dict[str, Any]:
        """A PromptSource as a RenderedPrompt: conversations with special tokens recognised, texts as they are."""
        if "text" in prompt:
            text = prompt["text"]["_0"]
            return {"tokens": model.tokenizer.encode_prompt(text, parse_special=False), "text": text}
        chat = prompt["chat"]
        if self._template is None:
            self._template = ChatTemplate(model.tokenizer, model.path)
        text, format = self._template.render(chat["_0"], chat.get("isThinking"))
        tokens = model.tokenizer.encode_prompt(text, parse_special=True)
        return {"tokens": tokens, "text": text, "format": format.encoded()}
