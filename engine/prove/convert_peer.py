"""Runs the engine tree's convert_hf_to_gguf.py: convert_peer.py TREE PRE ARGUMENT...

PRE, where not empty, is the answer given for every vocabulary to "which pre-tokenizer is this": the converter
recognises only published vocabularies, by a digest, and stops at a new one.
"""

import os
import sys

tree, pre = sys.argv[1:3]
sys.path.insert(0, tree)
sys.path.insert(1, os.path.join(tree, "gguf-py"))

import convert_hf_to_gguf  # noqa: E402
from conversion import base  # noqa: E402

if pre:
    base.TextModel.get_vocab_base_pre = lambda self, tokenizer: pre

sys.argv = [os.path.join(tree, "convert_hf_to_gguf.py"), *sys.argv[3:]]
convert_hf_to_gguf.main()
