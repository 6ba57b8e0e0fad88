"""Texts, prompts and answers are what they are to the llama.cpp worker."""

from __future__ import annotations

import json
import shutil
import unittest
from pathlib import Path
from typing import Any

from lab_mlx.chat import AnswerFormat, ChatTemplate, cut_bytes
from lab_mlx.generation import generated_text
from lab_mlx.problem import WorkerProblem
from lab_mlx.text import Tokenizer, byte_letters

from .support import (
    CHECKPOINT, Failed, Worker, convert, four_bits, generate, gguf, held_out_text, llama_worker, mlx_worker, prompts,
    source, temporary_folder,
)

CONVERSATION = [
    {"role": "system", "content": "Be short."}, {"role": "user", "content": "Grüße, 你好! 😀"},
    {"role": "assistant", "content": "<think>\nsecret\n</think>\n\nHello."}, {"role": "user", "content": "Go on"},
]


def begin_with_bos(folder: Path) -> None:
    """Has a checkpoint's tokenizer put <|endoftext|> before every text."""
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    settings |= {"add_bos_token": True, "bos_token": "<|endoftext|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    definition = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    bos, text = {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}
    template = {
        "type": "TemplateProcessing", "single": [bos, text],
        "pair": [bos, text, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [2039], "tokens": ["<|endoftext|>"]}},
    }
    definition["post_processor"] = {"type": "Sequence", "processors": [definition["post_processor"], template]}
    (folder / "tokenizer.json").write_text(json.dumps(definition), encoding="utf-8")


class SameTextTests(unittest.TestCase):
    workers: list[Worker]

    @classmethod
    def setUpClass(cls) -> None:
        cls.workers = [llama_worker(gguf("bf16"), vocabularyOnly=True), mlx_worker(four_bits(), vocabularyOnly=True)]

    @classmethod
    def tearDownClass(cls) -> None:
        for worker in cls.workers:
            worker.close()

    def both(self, method: str, parameters: dict[str, Any], workers: list[Worker] | None = None) -> Any:
        """What both workers answer, if it is the same; the format of a prompt is each worker's own."""
        one, other = (worker.call(method, parameters) for worker in workers or self.workers)
        if method == "render":
            self.assertEqual([("format" in each) for each in one], [("format" in each) for each in other])
            one, other = ([{**each, "format": None} for each in answer] for answer in (one, other))
        self.assertEqual(one, other)
        return one

    def test_windows_have_the_same_tokens(self) -> None:
        text = held_out_text()
        for length in (512, 2048, 4):
            chunks = self.both("chunk", {"text": text, "contextLength": length})
            self.assertEqual(len(chunks["digests"]), chunks["tokenCount"] // length)
        for short in ("", "a", "<|im_start|>user\n<think> 😀\n\n  \t x" * 9):
            self.both("chunk", {"text": short, "contextLength": 8})

    def test_a_window_that_is_too_short_to_score_is_refused(self) -> None:
        for worker in self.workers:
            with self.assertRaisesRegex(Failed, "too short to score"):
                worker.call("chunk", {"text": "a", "contextLength": 3})

    def test_prompts_render_alike(self) -> None:
        rows = [row for name in ("thinking", "languages", "functions", "continuations") for row in prompts(name)]
        self.assertEqual(len(self.both("render", {"prompts": [source(row) for row in rows]})), 530)

    def test_thinking_on_off_and_unset_and_earlier_thoughts_render_alike(self) -> None:
        for messages in (CONVERSATION, CONVERSATION[1:2], CONVERSATION[:1]):
            chats: list[dict[str, Any]] = [{"_0": messages, "isThinking": on} for on in (True, False)]
            self.both("render", {"prompts": [{"chat": chat} for chat in [*chats, {"_0": messages}]]})

    def test_special_tokens_are_recognised_in_conversations_and_letters_in_texts(self) -> None:
        texts = ["<|im_start|>user\n", "a<|im_end|>b", "<think>x</think>", "", " \n\n", "<|endoftext|>"]
        found = self.both("render", {"prompts": [{"text": {"_0": text}} for text in texts]})
        # <|im_start|> is 2040 in the embedded model's tokenizer.json, <think> 2042: no special token.
        self.assertNotIn(2040, found[0]["tokens"])
        self.assertIn(2042, found[2]["tokens"])
        chat = {"chat": {"_0": [{"role": "user", "content": texts[1]}]}}
        self.assertEqual(self.both("render", {"prompts": [chat]})[0]["tokens"].count(2041), 2)

    def test_a_vocabulary_that_begins_texts_with_bos_begins_every_window_and_prompt_with_it_once(self) -> None:
        checkpoint = temporary_folder() / "begins"
        shutil.copytree(CHECKPOINT, checkpoint, ignore=shutil.ignore_patterns("heldout"))
        begin_with_bos(checkpoint)
        made = convert(checkpoint, "bf16:4bit")
        workers = [
            llama_worker(made / "gguf" / "begins-bf16.gguf", vocabularyOnly=True),
            mlx_worker(made / "mlx" / "begins-4bit", vocabularyOnly=True)]
        self.both("chunk", {"text": held_out_text(), "contextLength": 128}, workers)
        asked = [{"text": {"_0": "Hi"}}, {"text": {"_0": ""}}, {"chat": {"_0": CONVERSATION}}]
        for prompt in self.both("render", {"prompts": asked}, workers):
            self.assertEqual((prompt["tokens"][0], prompt["tokens"].count(2039)), (2039, 1))
        for worker in workers:
            worker.close()


class TemplateTests(unittest.TestCase):
    def render(self, template: str | None, *chats: dict[str, Any]) -> list[dict[str, Any]]:
        """Renders with another template."""
        folder = temporary_folder() / "model"
        shutil.copytree(CHECKPOINT, folder, ignore=shutil.ignore_patterns("heldout"))
        settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        settings["chat_template"] = template
        settings = {key: value for key, value in settings.items() if value is not None}
        (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
        worker = mlx_worker(folder, vocabularyOnly=True)
        try:
            # Texts need no template.
            self.assertEqual(worker.call("render", {"prompts": [{"text": {"_0": "One day"}}]})[0]["text"], "One day")
            rendered: list[dict[str, Any]] = worker.call("render", {"prompts": [{"chat": chat} for chat in chats]})
            return rendered
        finally:
            worker.close()

    def test_where_nobody_sets_the_switch_it_is_undefined(self) -> None:
        template = (
            "{%- for message in messages %}{{ message.role + ':' + message.content + ';' }}{% endfor %}"
            "{%- if enable_thinking is not defined %}{{ 'unset ' }}{% elif enable_thinking %}{{ 'on ' }}"
            "{% else %}{{ 'off ' }}{% endif %}")
        chats: list[dict[str, Any]] = [{"_0": CONVERSATION[:1], "isThinking": on} for on in (True, False)]
        found = self.render(template, *chats, {"_0": CONVERSATION[:1]})
        expected = [f"system:Be short.;{word} " for word in ("on", "off", "unset")]
        self.assertEqual([each["text"] for each in found], expected)

    def test_a_template_that_refuses_or_is_not_there_is_named_with_the_reason(self) -> None:
        for template, reason in [
            ("{{ raise_exception('only on Sundays') }}", "only on Sundays"), ("{% if %}", "refuses"),
            (None, "there is none"),
        ]:
            with self.subTest(reason), self.assertRaisesRegex(Failed, reason):
                self.render(template, {"_0": CONVERSATION})


class AnswerTests(unittest.TestCase):
    def test_texts_are_taken_apart_as_the_engine_does_it(self) -> None:
        # Hot and cut texts, most of them nonsense, in prompts that think, end a thought, or are read the other way.
        tokenizer = Tokenizer(CHECKPOINT, json.loads((CHECKPOINT / "config.json").read_text()))
        template = ChatTemplate(tokenizer, str(CHECKPOINT))
        worker = llama_worker(gguf("bf16"), parallelSequences=16)
        rows = prompts("thinking", 24)
        forms = set()
        for written, read in [(True, True), (False, False), (True, False), (False, True)]:
            tokens = worker.call("render", {"prompts": [source(row, isThinking=written) for row in rows]})
            formats = worker.call("render", {"prompts": [source(row, isThinking=read) for row in rows]})
            rendered = [{"tokens": one["tokens"], "format": two["format"]} for one, two in zip(tokens, formats)]
            for temperature, limit in [(0, 3), (0, 80), (1.5, 40), (3, 12)]:
                outputs = generate(worker, rendered, limit, {"temperature": temperature, "topP": 1, "topK": 0})
                for row, output in zip(rows, outputs):
                    _, format = template.render(row["messages"], read)
                    again = AnswerFormat.decoding(format.encoded())
                    self.assertEqual(generated_text(output["tokens"], output["finish"], again, tokenizer), output)
                    forms.add(("thought" in output, output["isThoughtClosed"], output["isUTF8"]))
        # With a thought and without, closed and open, UTF-8 and not.
        self.assertGreaterEqual(len(forms), 5)
        worker.close()

    def test_thoughts_by_the_rules_of_the_differential_parser(self) -> None:
        # Worked out by hand from common/chat-auto-parser-generator.cpp of build b11434.
        thinks = AnswerFormat("<a>\n", "", "<think>", "\n", "</think>", "\n\n")
        opened = AnswerFormat("<a>\n<think>\n", "", "<think>", "\n", "</think>", "\n\n")
        for format, text, content, thought, is_open, start in [
            (thinks, "<think>\nhm\n</think>\n\n4", "4", "hm\n", False, 21),
            (thinks, " \n<think>hm</think>\n\n\n4", "\n4", "hm", False, 21),
            (thinks, "<think>\n\n</think>\n\n4", "4", None, False, 19),
            (thinks, "<think>\nhm</thi", "", "hm", True, 15),
            (thinks, "<think>", "", "", True, 7), (thinks, "<thi", "", None, False, 4),
            (thinks, "", "", None, False, 0), (thinks, " 4 <think>", "4 <think>", None, False, 1),
            (opened, "hm</think>4", "4", "hm", False, 10), (opened, "hm", "", "hm", True, 2),
            (AnswerFormat("<a>"), " <think>x", " <think>x", None, False, 0),
        ]:
            with self.subTest(text):
                parts = format.parse(text.encode())
                self.assertEqual(
                    (parts.content, parts.thought, parts.is_thought_open, parts.content_start),
                    (content, thought, is_open, start))

    def test_a_format_that_no_worker_made_is_refused(self) -> None:
        for text in ("", "{}", "none", "[]", '{"worker":"mlx-1"}', '{"worker":"mlx-1","generation_prompt":7}', "null"):
            with self.subTest(text), self.assertRaisesRegex(WorkerProblem, "format"):
                AnswerFormat.decoding(text)

    def test_a_cut_character_is_told_by_its_first_byte(self) -> None:
        for text, count in [
            (b"", 0), (b"a", 0), (b"\xc3", 1), ("é".encode(), 0), (b"a\xe2\x82", 2), (b"\xf0\x9f\x98", 3),
            (b"\x80\x80\x80\x80", 0),
        ]:
            self.assertEqual(cut_bytes(text), count)

    def test_bytes_have_the_letters_of_byte_level_vocabularies(self) -> None:
        letters = byte_letters()
        self.assertEqual(sorted(letters.values()), list(range(256)))
        # The best known of them: "Ġ" is a space, "Ċ" a line break.
        self.assertEqual([letters[letter] for letter in "ĠĊA~¡"], [32, 10, 65, 126, 161])


if __name__ == "__main__":
    unittest.main()
