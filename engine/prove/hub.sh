# `./lab prove hub [faults|caches|all]`: downloads that go wrong, and caches that Python reads. Sourced by prove.sh.

prove_hub() {
    local what=${1:-all} status=0
    [ $# -eq 0 ] || shift
    case "$what" in
    faults | caches | all) ;;
    *) say "error: prove hub $what: choose faults, caches or all" && return 2 ;;
    esac
    provide_build
    export LAB_ENGINE_PREFIX=$PREFIX LAB_ROOT=$ROOT
    make_prove_work
    if [ "$what" != caches ]; then
        say "downloads from a server that misbehaves"
        lab_python "$ROOT/engine/prove/hub.py" --program "$ROOT/.build/release/llama-pajamas-quant" \
            --server "$ROOT/fixtures/hub/server.py" "$@" || status=1
    fi
    if [ "$what" != faults ]; then
        say "caches that huggingface_hub, transformers, gguf and mlx-lm read"
        # Its environment has huggingface_hub, transformers and mlx-lm; gguf is added for the moment.
        provide_mlx
        "$MLX_PYTHON" -m pip install --quiet --disable-pip-version-check --no-deps --target "$PROVE_WORK/gguf" \
            "gguf==$PROVE_GGUF" || give_up "gguf $PROVE_GGUF could not be installed from PyPI"
        PYTHONPATH="$PROVE_WORK/gguf" "$MLX_PYTHON" "$ROOT/engine/prove/hub_caches.py" --root "$ROOT" \
            --program "$ROOT/.build/release/llama-pajamas-quant" --work "$PROVE_WORK" || status=1
    fi
    return "$status"
}
