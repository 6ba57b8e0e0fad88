"""A worker of the lab on mlx-lm: the same requests and events as the llama.cpp worker (Sources/lab-worker)."""
