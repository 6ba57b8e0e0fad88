"""The MLX worker: `python -s -P workers/mlx` speaks the lab's worker protocol over stdin and stdout."""

from lab_mlx.worker import main

if __name__ == "__main__":
    main()
