"""Converts a checkpoint with mlx-lm: mlx_peer.py CHECKPOINT OUTPUT SETTINGS

SETTINGS is JSON: bits and group_size; recipe, one of mlx-lm's own; tables, the bits of embedding and output matrix;
dtype. A setting that is absent is not passed on.
"""

import json
import sys

import mlx.core as mx
from mlx_lm import convert

mx.set_default_device(mx.cpu)
checkpoint, output, settings = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
group_size, bits = settings.get("group_size", 64), settings.get("bits")
predicate = settings.get("recipe")
if "tables" in settings:
    def predicate(path, module):
        if path.endswith(("embed_tokens", "lm_head")):
            return {"group_size": group_size, "bits": settings["tables"], "mode": "affine"}
        return True

convert(
    checkpoint, mlx_path=output, quantize=True, q_group_size=group_size, q_bits=bits, quant_predicate=predicate,
    dtype=settings.get("dtype"),
)
