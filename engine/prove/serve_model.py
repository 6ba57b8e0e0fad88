"""A copy of a checkpoint with another chat template: serve_model.py CHECKPOINT TEMPLATE FOLDER."""

import json
import os
import shutil
import sys

checkpoint, template, folder = sys.argv[1:]
os.makedirs(folder)
for name in os.listdir(checkpoint):
    if name.endswith(".json") or name.endswith(".safetensors"):
        shutil.copy(os.path.join(checkpoint, name), folder)
path = os.path.join(folder, "tokenizer_config.json")
with open(path, encoding="utf-8") as file:
    settings = json.load(file)
with open(template, encoding="utf-8") as file:
    settings["chat_template"] = file.read()
with open(path, "w", encoding="utf-8") as file:
    json.dump(settings, file)
