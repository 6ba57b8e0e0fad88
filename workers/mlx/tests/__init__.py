"""Tests of the MLX worker, against the llama.cpp worker where both do the same (docs/contributing.md)."""
