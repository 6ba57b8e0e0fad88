"""Loads MLX folders with mlx_lm.load and compares what they say: mlx_text.py FOLDER OTHER PROMPT...

The tokens of the prompts, as text and as a chat, and of 32 greedily generated tokens must be the same. Exit 0 when
they are.
"""

import sys

import mlx.core as mx
from mlx_lm import generate, load
from mlx_lm.sample_utils import make_sampler

mx.set_default_device(mx.cpu)


def spoken(folder, prompts):
    model, tokenizer = load(folder)
    result = [sorted(tokenizer.eos_token_ids)]
    for prompt in prompts:
        forms = [tokenizer.encode(prompt)]
        if tokenizer.chat_template is not None:
            message = [{"role": "user", "content": prompt}]
            forms.append(tokenizer.apply_chat_template(message, add_generation_prompt=True))
        for tokens in forms:
            text = generate(model, tokenizer, prompt=list(tokens), max_tokens=32, sampler=make_sampler(temp=0.0))
            result.append((list(tokens), text))
    return result


def main():
    folder, other, *prompts = sys.argv[1:]
    one, two = spoken(folder, prompts), spoken(other, prompts)
    for left, right in zip(one, two):
        if left != right:
            print(f"  DIFFERS  {left!r}\n           {right!r}")
    print(f"{sum(left == right for left, right in zip(one, two))} of {len(one)} texts equal, such as {one[-1][1]!r}")
    sys.exit(0 if one == two else 1)


if __name__ == "__main__":
    main()
