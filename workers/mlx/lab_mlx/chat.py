"""Conversations as prompts, and answers taken apart, as llama.cpp's differential parser does it for templates whose
thoughts stand between marks."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from .problem import WorkerProblem
from .text import Tokenizer

SPACES = b" \t\n\v\f\r"
# Stand for a thought and an answer where the template is asked how it writes them.
PROBE_THOUGHT, PROBE_ANSWER = "LAB-THOUGHT", "LAB-ANSWER"


@dataclass(frozen=True)
class AnswerFormat:
    """How answers to a prompt are taken apart; its text is RenderedPrompt.format."""

    # The part of the prompt that begins the answer.
    generation_prompt: str
    # The same up to a thought that the prompt itself ends: what the model thinks after that is its own. Empty where
    # the prompt ends none.
    before_thought: str = ""
    # The marks around a thought and the white space after each; empty where the template knows no thoughts.
    start: str = ""
    start_space: str = ""
    end: str = ""
    end_space: str = ""

    @staticmethod
    def decoding(text: str) -> AnswerFormat:
        """Reads the form that `encoded` writes."""
        try:
            fields = json.loads(text)
            if fields.pop("worker") != "mlx-1" or not all(isinstance(value, str) for value in fields.values()):
                raise ValueError("it is not this worker's")
            return AnswerFormat(**fields)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise WorkerProblem(
                f"a prompt's format is none that this worker knows: {error}", "render the prompts again") from error

    def encoded(self) -> str:
        """The format as a text."""
        return json.dumps({"worker": "mlx-1", **asdict(self)})

    def parse(self, text: bytes) -> Parts:
        """Takes a text apart, which may be cut anywhere."""
        if not self.start:
            return Parts(_readable(text), content_start=0)
        begun = (self.before_thought or self.generation_prompt).encode()
        start, end = self.start.encode(), self.end.encode()
        whole = begun + text
        # A thought may be open in the prompt already.
        opened = begun.find(start)
        rest = _Rest(whole, len(begun) if opened < 0 else opened)
        rest.skip_spaces()
        if rest.has_only_part_of(start):
            return Parts("", content_start=len(text))
        thought = ""
        if rest.take(start):
            rest.take_each(self.start_space)
            inside = rest.until(end)
            if not rest.take(end):
                return Parts("", len(text), _unless_blank(_readable(inside)), is_thought_open=True)
            rest.take_each(self.end_space)
            thought = _unless_blank(inside.decode(errors="replace"))
        return Parts(_readable(whole[rest.place :]), max(rest.place - len(begun), 0), thought or None)


@dataclass(frozen=True)
class Parts:
    """A text taken apart."""

    # What was said.
    content: str
    # Where the content begins in the text's bytes; their count where there is none.
    content_start: int
    # What was thought; None without a thought.
    thought: str | None = None
    # Whether the thought never ends.
    is_thought_open: bool = False


class _Rest:
    """What of a text is still to be read."""

    def __init__(self, text: bytes, place: int) -> None:
        self.text = text
        self.place = place

    def skip_spaces(self) -> None:
        """Goes on to what is no white space."""
        while self.place < len(self.text) and self.text[self.place] in SPACES:
            self.place += 1

    def take(self, mark: bytes) -> bool:
        """Takes a mark if it is next."""
        if not self.text.startswith(mark, self.place):
            return False
        self.place += len(mark)
        return True

    def take_each(self, letters: str) -> None:
        """Takes each of the letters, in order, if it is next."""
        for letter in letters:
            self.take(letter.encode())

    def has_only_part_of(self, mark: bytes) -> bool:
        """Whether the text ends in the middle of a mark that begins here."""
        return self.place < len(self.text) and len(self.text) - self.place < len(mark) and mark.startswith(
            self.text[self.place :])

    def until(self, mark: bytes) -> bytes:
        """Goes on to a mark, or to the part of one that ends the text, or to the end; returns what was before."""
        start = self.place
        found = self.text.find(mark, start)
        if found < 0:
            parts = (len(self.text) - count for count in range(min(len(mark) - 1, len(self.text) - start), 0, -1))
            found = next((place for place in parts if mark.startswith(self.text[place:])), len(self.text))
        self.place = found
        return self.text[start:found]


def cut_bytes(text: bytes) -> int:
    """Bytes at the end that begin a character which is cut."""
    for count in range(1, min(3, len(text)) + 1):
        byte = text[-count]
        needed = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        if needed > count:
            return count
        if byte & 0xC0 != 0x80:
            return 0
    return 0


def _readable(text: bytes) -> str:
    """Text without a character that is cut at its end."""
    return text[: len(text) - cut_bytes(text)].decode(errors="replace")


def _unless_blank(thought: str) -> str:
    """A thought; nothing where it is white space alone."""
    return thought if thought.strip(" \t\n\r") else ""


class ChatTemplate:
    """An artifact's own chat template, as transformers renders it."""

    def __init__(self, tokenizer: Tokenizer, path: str) -> None:
        self._tokenizer = tokenizer
        self._path = path
        if not tokenizer.loaded.has_chat_template:
            raise WorkerProblem(
                f"the chat template of {path} cannot be used: there is none",
                "mend chat_template in the checkpoint's tokenizer_config.json and convert it again")
        self._marks = self._find_marks()

    def render(self, messages: list[dict[str, str]], is_thinking: bool | None) -> tuple[str, AnswerFormat]:
        """A conversation up to where the answer begins, and how the answer is taken apart.

        Without a word on thinking the format is that of the setting which the template has by default.
        """
        if is_thinking is not None:
            prompt = self._apply(messages, is_thinking)
            return prompt, self._format(messages, prompt, is_thinking)
        prompt = self._apply(messages, None)
        is_on = prompt == self._apply(messages, True) or prompt != self._apply(messages, False)
        return prompt, self._format(messages, self._apply(messages, is_on), is_on)

    def _format(self, messages: list[dict[str, str]], prompt: str, is_thinking: bool) -> AnswerFormat:
        without = self._apply(messages, is_thinking, add_generation_prompt=False)
        shared = next(
            (place for place, (one, other) in enumerate(zip(prompt, without)) if one != other),
            min(len(prompt), len(without)))
        begun = prompt[shared:]
        if not self._marks:
            return AnswerFormat(begun)
        start, _, end, _ = self._marks
        opened = begun.find(start)
        is_ended = opened >= 0 and begun.find(end, opened + len(start)) >= 0
        return AnswerFormat(begun, begun[:opened] if is_ended else "", *self._marks)

    def _find_marks(self) -> tuple[str, str, str, str] | None:
        """The marks around a thought, each with the white space after it, as the template writes them."""
        loaded = self._tokenizer.loaded
        if not loaded.has_thinking:
            return None
        start, end = loaded.think_start.strip(), loaded.think_end.strip()
        answer = {"role": "assistant", "content": PROBE_ANSWER, "reasoning_content": PROBE_THOUGHT}
        try:
            written = self._apply([{"role": "user", "content": "a"}, answer], True, add_generation_prompt=False)
        except WorkerProblem:
            written = ""
        form = rf"{re.escape(start)}(\s*){PROBE_THOUGHT}\s*{re.escape(end)}(\s*){PROBE_ANSWER}"
        match = re.search(form, written)
        return (start, match[1], end, match[2]) if match else (start, "\n", end, "\n\n")

    def _apply(
        self, messages: list[dict[str, str]], is_thinking: bool | None, add_generation_prompt: bool = True,
    ) -> str:
        loaded = self._tokenizer.loaded
        options: dict[str, Any] = {"tokenize": False, "add_generation_prompt": add_generation_prompt}
        # mlx-lm always sets the switch; transformers leaves it out where nobody sets it.
        apply = loaded._tokenizer.apply_chat_template
        if is_thinking is not None:
            apply, options["enable_thinking"] = loaded.apply_chat_template, is_thinking
        try:
            text = apply(messages, **options)
        except Exception as error:  # A template may raise anything.
            raise WorkerProblem(
                f"the chat template of {self._path} refuses a conversation: {error}",
                "see whether it takes such messages, or mend it and convert the checkpoint again") from error
        bos = loaded.bos_token
        # The tokenizer adds it.
        return text.removeprefix(bos) if self._tokenizer.adds_bos and bos else text
