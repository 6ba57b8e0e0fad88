# `./lab prove serve`: the official openai client, a load with clients that misbehave, and lm-eval against
# `llama-pajamas-run serve`. Sourced by ./lab.

SERVE_OPENAI=3.57.0
SERVE_LM_EVAL=0.4.13

# prove_serve [quick | client | load [OPTION...] | evaluation]: quick is what every change has to pass.
prove_serve() {
    local what=${1:-all} status=0
    [ $# -eq 0 ] || shift
    provide_build
    export LAB_ENGINE_PREFIX=$PREFIX LAB_ROOT=$ROOT
    make_prove_work
    make_serve_models
    case "$what" in
    client) serve_client ;;
    load) serve_load "$@" ;;
    evaluation) serve_evaluation ;;
    quick) serve_client && serve_load --requests 300 ;;
    all)
        serve_client || status=1
        serve_load --requests 10000 || status=1
        serve_evaluation || status=1
        return "$status"
        ;;
    *)
        echo "usage: ./lab prove serve [quick | client | load [--requests N] [--clients N] [--seed S] | evaluation]" >&2
        exit 2
        ;;
    esac
}

# Leaves SERVE_MODEL, and SERVE_TOOLS_MODEL, the same with a chat template that knows tools.
make_serve_models() {
    lab_python "$ROOT/engine/prove/serve_model.py" "$ROOT/fixtures/pajama-tiny" \
        "$ROOT/fixtures/serving/tools-template.jinja" "$PROVE_WORK/tools" &&
        convert_ours "a model to serve" "$ROOT/fixtures/pajama-tiny" Q4_K_M &&
        mv "$PROVE_WORK/ours/gguf/pajama-tiny-q4_k_m.gguf" "$PROVE_WORK/pajama-tiny.gguf" &&
        convert_ours "a model that knows tools" "$PROVE_WORK/tools" Q4_K_M &&
        mv "$PROVE_WORK/ours/gguf/tools-q4_k_m.gguf" "$PROVE_WORK/tools.gguf" ||
        give_up "the models to serve could not be made; see $PROVE_LOG"
    SERVE_MODEL=$PROVE_WORK/pajama-tiny.gguf
    SERVE_TOOLS_MODEL=$PROVE_WORK/tools.gguf
}

# provide_serve_python NAME PACKAGE...: leaves the Python of an environment with these packages in SERVE_PYTHON.
provide_serve_python() {
    local folder=$CACHE/venv/$1
    shift
    SERVE_PYTHON=$folder/bin/python
    [ ! -e "$folder/complete" ] || return 0
    lab_python -c 'import ensurepip, venv' 2>/dev/null ||
        give_up "Python's venv is missing" "run: $(install_command python3-venv)"
    rm -rf "$folder"
    step "making a Python environment" "$PROVE_LOG" lab_python -m venv "$folder" || give_up "no Python environment"
    step "installing $1" "$PROVE_LOG" "$SERVE_PYTHON" -m pip install --disable-pip-version-check --progress-bar off "$@" ||
        give_up "$1 could not be installed from PyPI; see $PROVE_LOG"
    touch "$folder/complete"
}

serve_client() {
    provide_serve_python "openai-$SERVE_OPENAI" "openai==$SERVE_OPENAI"
    "$SERVE_PYTHON" "$ROOT/engine/prove/serve_client.py" --program "$ROOT/.build/release/llama-pajamas-run" \
        --model "$SERVE_MODEL" --tools-model "$SERVE_TOOLS_MODEL"
}

serve_load() {
    lab_python "$ROOT/engine/prove/serve_load.py" --program "$ROOT/.build/release/llama-pajamas-run" \
        --model "$SERVE_MODEL" --prompts "$ROOT/fixtures/pajama-tiny/heldout/thinking.jsonl" "$@"
}

serve_evaluation() {
    provide_serve_python "lm-eval-$SERVE_LM_EVAL" "lm-eval[api]==$SERVE_LM_EVAL" transformers jinja2
    "$SERVE_PYTHON" "$ROOT/engine/prove/serve_evaluation.py" --program "$ROOT/.build/release/llama-pajamas-run" \
        --worker "$ROOT/.build/release/lab-worker" --model "$SERVE_MODEL" --tokenizer "$ROOT/fixtures/pajama-tiny" \
        --work "$PROVE_WORK"
}
