# `./lab prove sequential`: the sequential gate on recorded series, by simulation. Sourced by prove.sh.

SEQUENTIAL_RECORDS=$ROOT/fixtures/statistics/differences

# prove_sequential [OPTION...]: the simulation, with its own options; prove_sequential record [...]: the recording.
prove_sequential() {
    provide_build
    if [ "${1:-}" = record ]; then
        shift
        record_differences "$@"
        return
    fi
    "$ROOT/.build/release/sequential-simulation" --differences "$SEQUENTIAL_RECORDS" "$@"
}

# record_differences [CHECKPOINT TEXT NAME [RECIPE...]]: the NLL of every chunk of a text, for the parent and each recipe.
#
# Without arguments the embedded model on its own text. Where there is no folder smollm2-135m, that name stands for the
# checkpoint of `./lab prove smollm2`, which is then made in the cache and stays there. The history keeps what was
# measured: an interrupted recording goes on where it stopped.
record_differences() {
    local checkpoint=${1:-} text=${2:-} name=${3:-} recipe status output reports=() origin=fixtures/pajama-tiny
    export LAB_ENGINE_PREFIX=$PREFIX LAB_ROOT=$ROOT
    make_prove_work
    if [ "$checkpoint" = smollm2-135m ] && [ ! -e "$checkpoint" ]; then
        provide_smollm2 || return 1
        checkpoint=$SMOLLM2_CHECKPOINT
        shift
        set -- "$checkpoint" "$@"
    fi
    if [ -z "$checkpoint" ]; then
        output=$SEQUENTIAL_RECORDS/pajama-tiny-heldout.json
        set -- Q6_K Q4_K_M Q3_K_M Q2_K
    else
        [ -n "$name" ] || give_up "a recording needs a checkpoint, a text and the text's name" \
            "run: ./lab prove sequential record smollm2-135m wiki.test.raw wikitext2 Q4_K_M Q3_K_M"
        checkpoint=$(cd "$checkpoint" && pwd) && text=$(cd "$(dirname "$text")" && pwd)/$(basename "$text") ||
            give_up "the checkpoint $1 or the text $2 is not there"
        output=$SEQUENTIAL_RECORDS/$(basename "$checkpoint")-$name.json
        shift 3
        [ $# -gt 0 ] || set -- Q4_K_M Q3_K_M
        origin="the folder $(basename "$checkpoint")"
        [ "$checkpoint" != "${SMOLLM2_CHECKPOINT:-}" ] || origin=$SMOLLM2_ORIGIN
    fi
    # The command is kept with the values: the suite is named as one would name it here.
    cd "$ROOT" || return 1
    for recipe in "$@"; do
        status=0
        "$ROOT/.build/release/lab" run suites/balanced --full --evaluations perplexity --recipe "$recipe" \
            ${checkpoint:+--model "$checkpoint" --dataset "$name" --dataset-path "$text"} \
            --output "$PROVE_WORK/$recipe" || status=$?
        # 1: the gate failed, which is no fault here.
        [ "$status" -le 1 ] || return "$status"
        reports+=("$PROVE_WORK/$recipe/latest/report.json")
    done
    lab_python "$ROOT/engine/prove/sequential_record.py" "$output" 512 "$origin" "${reports[@]}" || return 1
    [ -z "$checkpoint" ] || say "the checkpoint: $checkpoint ($origin)"
}
