"""Holds a checkpoint against the model class that it names: check_checkpoint.py CHECKPOINT...

Every parameter of the class must be in the checkpoint with its shape, and nothing else, tied output matrices and the
scales of 8-bit weights apart. Exit 1 names what differs.
"""

import json
import struct
import sys
from pathlib import Path

import torch
import transformers


def stored(folder):
    shapes = {}
    for path in sorted(folder.glob("*.safetensors")):
        with open(path, "rb") as file:
            header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        shapes |= {name: tuple(entry["shape"]) for name, entry in header.items() if name != "__metadata__"}
    return {name: shape for name, shape in shapes.items() if not name.endswith("_scale_inv")}


def expected(folder):
    config = transformers.AutoConfig.from_pretrained(folder)
    # The scales are nothing that the network itself has.
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    with torch.device("meta"):
        model = getattr(transformers, config.architectures[0])(config)
    shapes = {name: tuple(parameter.shape) for name, parameter in model.named_parameters(remove_duplicate=False)}
    if config.tie_word_embeddings:
        shapes.pop("lm_head.weight", None)
    return shapes


status = 0
for argument in sys.argv[1:]:
    ours, theirs = stored(Path(argument)), expected(Path(argument))
    differing = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    for name in differing:
        print(f"{argument}: {name} is {ours.get(name)}, and the class has {theirs.get(name)}")
    status = 1 if differing else status
sys.exit(status)
