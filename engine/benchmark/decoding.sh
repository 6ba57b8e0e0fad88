# `./lab benchmark decoding`: many texts at once beside one, and beside prompts. Sourced by benchmark.sh.

benchmark_decoding() {
    local status=0
    set_engine_paths
    fetch_engine
    provide_prove_python
    provide_build
    export LAB_ENGINE_PREFIX=$PREFIX
    make_benchmark_work
    PROVE_WORK=$BENCHMARK_WORK
    write_smollm2 "$BENCHMARK_WORK/smollm2-135m" || give_up "there is no SmolLM2-135M; see $PROVE_LOG"
    convert_for_decoding "$ROOT/fixtures/pajama-tiny"
    convert_for_decoding "$BENCHMARK_WORK/smollm2-135m"
    lab_python "$ROOT/engine/benchmark/decoding.py" --worker "$ROOT/.build/release/lab-worker" \
        --text "$ROOT/fixtures/pajama-tiny/heldout/text.txt" "$@" \
        "pajama-tiny Q4_K_M=$BENCHMARK_WORK/gguf/pajama-tiny-Q4_K_M.gguf" \
        "SmolLM2-135M Q4_K_M=$BENCHMARK_WORK/gguf/smollm2-135m-Q4_K_M.gguf" || status=$?
    exit "$status"
}

# convert_for_decoding CHECKPOINT: leaves a Q4_K_M file in the benchmark's folder.
convert_for_decoding() {
    step "converting $(basename "$1")" "$BENCHMARK_WORK/log" "$ROOT/.build/release/llama-pajamas-quant" convert \
        --model "$1" --output "$BENCHMARK_WORK" --precision Q4_K_M || { show_benchmark_log 1 && exit 4; }
}
