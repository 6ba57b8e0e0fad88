# `./lab benchmark hub`: downloads beside huggingface_hub. Sourced by benchmark.sh.

benchmark_hub() {
    local status=0
    # Its environment has huggingface_hub.
    provide_mlx
    provide_build
    make_benchmark_work
    LAB_ENGINE_PREFIX=$PREFIX lab_python "$ROOT/engine/benchmark/hub.py" --root "$ROOT" --python "$MLX_PYTHON" \
        --work "$BENCHMARK_WORK" "$@" || status=$?
    show_benchmark_log "$status"
    exit "$status"
}
