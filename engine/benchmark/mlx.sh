# `./lab benchmark mlx`: conversion to MLX beside mlx_lm.convert. Sourced by benchmark.sh.

benchmark_mlx() {
    local data=${LAB_DATA:-$ROOT/../shared/data} status=0
    . "$ROOT/engine/prove/mlx.sh"
    [ -e "$data/qwen3/tokenizer.json" ] ||
        give_up "no Qwen3 tokenizer at $data/qwen3" "set LAB_DATA to a folder with qwen3/tokenizer.json and configs/"
    provide_mlx
    provide_build
    export LAB_ENGINE_PREFIX=$PREFIX
    make_benchmark_work
    lab_python "$ROOT/engine/benchmark/mlx.py" --root "$ROOT" --python "$MLX_PYTHON" --data "$data" \
        --work "$BENCHMARK_WORK" "$@" || status=$?
    show_benchmark_log "$status"
    exit "$status"
}
