# `./lab benchmark`: speed and memory beside the peers', as tables that anyone can reproduce. Sourced by ./lab.

benchmark() {
    local what=${1:-}
    [ $# -eq 0 ] || shift
    case "$what" in
    quantize)
        prepare_benchmark
        provide_peers llama-quantize
        run_benchmark quantize.py --tree "$ENGINE_SOURCE" "$@"
        ;;
    imatrix)
        prepare_benchmark
        provide_peers llama-imatrix
        run_benchmark imatrix.py "$@"
        ;;
    fidelity)
        prepare_benchmark
        [ -r "$BENCHMARK_DATA/wikitext-2-raw/wiki.test.raw" ] || give_up "no WikiText-2 in $BENCHMARK_DATA" \
            "set LAB_DATA to a folder with wikitext-2-raw/wiki.test.raw"
        provide_peers llama-perplexity
        PROVE_WORK=$BENCHMARK_WORK
        write_smollm2 "$BENCHMARK_WORK/smollm2-135m" || give_up "there is no SmolLM2-135M; see $PROVE_LOG"
        run_benchmark fidelity.py --checkpoint "$BENCHMARK_WORK/smollm2-135m" "$@"
        ;;
    hub)
        . "$ROOT/engine/benchmark/hub.sh"
        benchmark_hub "$@"
        ;;
    decoding)
        . "$ROOT/engine/benchmark/decoding.sh"
        benchmark_decoding "$@"
        ;;
    balanced)
        . "$ROOT/engine/benchmark/balanced.sh"
        benchmark_balanced "$@"
        ;;
    serve)
        . "$ROOT/engine/benchmark/serve.sh"
        benchmark_serve "$@"
        ;;
    throughput)
        . "$ROOT/engine/benchmark/throughput.sh"
        benchmark_throughput "$@"
        ;;
    history)
        provide_build
        make_benchmark_work
        LAB_ENGINE_PREFIX=$PREFIX "$ROOT/.build/release/lab" history-benchmark --work "$BENCHMARK_WORK" "$@"
        exit
        ;;
    all)
        local part status=0
        for part in quantize imatrix mlx fidelity; do (benchmark "$part" "$@") || status=1; done
        exit "$status"
        ;;
    reports)
        . "$ROOT/engine/benchmark/reports.sh"
        benchmark_reports "$@"
        ;;
    mlx)
        . "$ROOT/engine/benchmark/mlx.sh"
        benchmark_mlx "$@"
        ;;
    *)
        echo "usage: ./lab benchmark quantize [codecs] [conversion] [large] [--runs N] [--threads N]
       ./lab benchmark imatrix [--runs N] [--threads N]
       ./lab benchmark mlx [--runs N] [--threads N]
       ./lab benchmark hub [--runs N] [--megabytes N]
       ./lab benchmark fidelity [--runs N] [--threads N] [--windows N] [--peer-options OPTIONS]
       ./lab benchmark decoding [--runs N] [--threads N]
       ./lab benchmark balanced [--runs N] [--threads N]
       ./lab benchmark serve [--runs N] [--threads N] [--clients N,...] [--requests N] [--tokens N]
       ./lab benchmark throughput [--runs N] [--threads N] [--repetitions N] [--models NAME,...] [--backend NAME]
       ./lab benchmark history [--runs N] [--long-runs N] [--repetitions N]
       ./lab benchmark reports [RUNS]
       ./lab benchmark all [--runs N] [--threads N]
(large needs 23 GB of temporary disk, history 4 GB; all but codecs, decoding, balanced, history and reports
need Qwen3's tokenizer in LAB_DATA/qwen3)" >&2
        exit 2
        ;;
    esac
}

# What the programs that are compared need; leaves BENCHMARK_DATA, and BENCHMARK_WORK, a folder removed at the end.
prepare_benchmark() {
    [ "$PREFIX" = "$(default_engine_link)" ] ||
        give_up "the comparisons need the pinned engine's source tree" "unset LAB_ENGINE_PREFIX"
    require_packages engine
    set_engine_paths
    fetch_engine
    provide_prove_python
    provide_build
    export LAB_ENGINE_PREFIX=$PREFIX
    BENCHMARK_DATA=${LAB_DATA:-$ROOT/../shared/data}
    [ -e "$BENCHMARK_DATA/qwen3/tokenizer.json" ] ||
        give_up "no Qwen3 tokenizer at $BENCHMARK_DATA/qwen3" \
            "set LAB_DATA to a folder with qwen3/tokenizer.json and configs/"
    make_benchmark_work
}

make_benchmark_work() {
    BENCHMARK_WORK=$(mktemp -d "${TMPDIR:-/tmp}/lab-benchmark.XXXXXX") || give_up "cannot make a temporary folder"
    trap 'rm -rf "$BENCHMARK_WORK"' EXIT
}

# convert_for_benchmark CHECKPOINT RECIPE,...: leaves BENCHMARK_WORK/gguf/NAME-RECIPE.gguf, all in small letters.
convert_for_benchmark() {
    step "converting $(basename "$1")" "$BENCHMARK_WORK/log" "$ROOT/.build/release/llama-pajamas-quant" convert \
        --model "$1" --output "$BENCHMARK_WORK" --precision "$2" || { show_benchmark_log 1 && exit 4; }
}

# run_benchmark SCRIPT ARGUMENT...: ends with the script's status, its log's last lines where it failed.
run_benchmark() {
    local script=$1 status=0
    shift
    lab_python "$ROOT/engine/benchmark/$script" --root "$ROOT" --engine "$PREFIX" --python "$PROVE_PYTHON" \
        --data "$BENCHMARK_DATA" --work "$BENCHMARK_WORK" "$@" || status=$?
    show_benchmark_log "$status"
    exit "$status"
}

# show_benchmark_log STATUS: what the last program said, after a failure.
show_benchmark_log() {
    if [ "$1" -ne 0 ] && [ -s "$BENCHMARK_WORK/log" ]; then
        say "the log's last lines:"
        tail -n 25 "$BENCHMARK_WORK/log" | sed 's/^/    /' >&2
    fi
}
