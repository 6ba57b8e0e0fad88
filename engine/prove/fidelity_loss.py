"""What llama-perplexity's file of 16-bit log-probabilities loses: fidelity_loss.py FILE PARENT CANDIDATE OUTPUT.

PARENT and CANDIDATE are checkpoints, run by transformers on the tokens in FILE (of --kl-divergence-base). For each
scored position KL(parent || candidate) is computed by its definition in double precision, and once more as
llama-perplexity does it: the parent's logits more than 16 below the largest cut off, the rest rounded to 65,535 steps,
and probabilities below exp(-16) left out. OUTPUT gets both as JSON, the same for the parent's NLL of the text's tokens,
and the positions at which the file itself holds two likeliest tokens.
"""

import json
import struct
import sys

import numpy
import torch
import transformers

BLOCK = 15
logits_file, parent_folder, candidate_folder, output = sys.argv[1:]


def load(folder):
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def log_softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - numpy.log(numpy.exp(shifted).sum(axis=1, keepdims=True))


def as_kept(logits):
    """The parent's log-probabilities as they come out of the file."""
    largest = logits.max(axis=1, keepdims=True)
    least = numpy.maximum(logits.min(axis=1, keepdims=True), largest - 16)
    log_sum = numpy.log(numpy.exp(logits - largest).sum(axis=1, keepdims=True))
    scale = (largest - least) / 65535
    codes = numpy.where(logits > least, numpy.rint((logits - least) / scale), 0)
    return scale * codes + (least - largest - log_sum)


parent, candidate = load(parent_folder), load(candidate_folder)
result = {"exact": [], "kept": [], "exactNats": [], "keptNats": [], "ties": 0}
with open(logits_file, "rb") as file, torch.inference_mode():
    if file.read(8) != b"_logits_":
        sys.exit(f"{logits_file} is no file of log-probabilities")
    context, vocabulary, windows = struct.unpack("<iii", file.read(12))
    tokens = numpy.frombuffer(file.read(4 * context * windows), "<i4").reshape(windows, context)
    first, width = context // 2, 2 * ((vocabulary + 1) // 2) + 4
    scored = context - 1 - first
    for window in tokens.astype(numpy.int64):
        codes = numpy.frombuffer(file.read(2 * scored * width), "<u2").reshape(scored, width)[:, 4:4 + vocabulary]
        result["ties"] += int(((codes == codes.max(axis=1, keepdims=True)).sum(axis=1) > 1).sum())
        inputs = torch.from_numpy(window)[None]
        p_all, q_all = (model(inputs).logits[0, first:-1].numpy() for model in (parent, candidate))
        # A few rows at a time: double precision for all at once is slow and takes gigabytes.
        for start in range(0, scored, BLOCK):
            rows = slice(start, min(start + BLOCK, scored))
            p_logits, q_logits = p_all[rows].astype(numpy.float64), q_all[rows].astype(numpy.float64)
            p, q, kept = log_softmax(p_logits), log_softmax(q_logits), as_kept(p_logits)
            result["exact"] += (numpy.exp(p) * (p - q)).sum(axis=1).tolist()
            result["kept"] += numpy.where(kept > -16, numpy.exp(kept) * (kept - q), 0).sum(axis=1).tolist()
            place = numpy.arange(len(p)), window[first + 1:][rows]
            result["exactNats"] += (-p[place]).tolist()
            result["keptNats"] += (-kept[place]).tolist()
json.dump(result, open(output, "w"))
