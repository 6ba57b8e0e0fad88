# `./lab benchmark mlx`: the conversion to MLX against mlx_lm.convert. Sourced by ./lab, after peers.sh.

benchmark_mlx() {
    local data=${LAB_DATA:-$ROOT/../shared/data}
    . "$ROOT/engine/prove/prove.sh"
    . "$ROOT/engine/prove/mlx.sh"
    [ -e "$data/qwen3/tokenizer.json" ] ||
        give_up "there is no Qwen3 tokenizer at $data/qwen3" "set LAB_DATA to a folder with qwen3/tokenizer.json and configs/"
    provide_mlx_python
    provide_build
    export LAB_ENGINE_PREFIX=$PREFIX
    make_prove_work
    # Digests of the source would be remembered from run to run; a user's first conversion has to compute them.
    export LAB_STORE=/dev/null/none
    step "writing a random checkpoint with Qwen3-0.6B's shapes" "$PROVE_LOG" "$PROVE_MLX_PYTHON" \
        "$ROOT/engine/prove/random_checkpoint.py" "$data/qwen3" Qwen3-0.6B "$PROVE_WORK/qwen3-0.6b-random" || exit 4
    "$PROVE_MLX_PYTHON" "$ROOT/engine/benchmark/mlx.py" --quantizer "$ROOT/.build/release/llama-pajamas-quant" \
        --checkpoint "$PROVE_WORK/qwen3-0.6b-random" --work "$PROVE_WORK" --pairs "${1:-5}"
}
