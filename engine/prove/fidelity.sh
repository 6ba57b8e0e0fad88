# `./lab prove fidelity`: perplexity by `lab run` and llama-perplexity; KL divergence by pack, in lockstep and by
# llama-perplexity. Sourced by prove.sh.

# SmolLM2-135M in BF16 and Q4_K_M on WikiText-2, 20 windows of 512 tokens. LAB_PROVE_SEEDS: the packs' seeds.
# With the argument "perplexity" the perplexities only.
prove_fidelity() {
    local data=${LAB_DATA:-$ROOT/../shared/data} work=$PROVE_WORK/fidelity checkpoint=$PROVE_WORK/smollm2-135m
    local text=${LAB_PROVE_TEXT:-$data/wikitext-2-raw/wiki.test.raw} windows=${LAB_PROVE_CHUNKS:-20} parent candidate
    [ -r "$text" ] || give_up "no text at $text" "set LAB_DATA to a folder with wikitext-2-raw/, or LAB_PROVE_TEXT to a file"
    write_smollm2 "$checkpoint" || return 1
    step "SmolLM2-135M as BF16 and Q4_K_M" "$PROVE_LOG" "$ROOT/.build/release/llama-pajamas-quant" convert \
        --model "$checkpoint" --precision bf16,q4_k_m --output "$work" || return 1
    parent=$work/gguf/smollm2-135m-bf16.gguf
    candidate=$work/gguf/smollm2-135m-q4_k_m.gguf

    run_peer "$parent" "$work/parent-plain.log" || return 1
    run_peer "$candidate" "$work/candidate-plain.log" || return 1
    run_suite || return 1
    if [ "${1:-}" = perplexity ]; then
        "$PROVE_PYTHON" "$ROOT/engine/prove/compare_fidelity.py" "$work" --perplexity
        return
    fi
    run_peer "$parent" "$work/parent.log" --kl-divergence-base "$work/logits" || return 1
    run_peer "$candidate" "$work/candidate.log" --kl-divergence-base "$work/logits" --kl-divergence || return 1
    compare_with_parent "in lockstep" lockstep || return 1
    compare_with_parent "the parent against itself, other steps" floor --artifact "$parent" --parent-micro-batch 100 \
        --limit 4 || return 1
    # shellcheck disable=SC2086
    compare_with_parent "by packs" packs --seeds ${LAB_PROVE_SEEDS:-1 2 3 4 5} || return 1
    # The weights of the candidate as a checkpoint, for another implementation to compute.
    step "the candidate for transformers" "$PROVE_LOG" "$PROVE_PYTHON" -m zipfile -c "$work/candidate.zip" "$candidate" &&
        step "its weights" "$PROVE_LOG" "$PROVE_PYTHON" "$ROOT/engine/prove/smollm2_checkpoint.py" "$ENGINE_SOURCE" \
            "$work/candidate.zip" "$work/candidate" &&
        step "what 16 bits lose" "$PROVE_LOG" "$PROVE_PYTHON" "$ROOT/engine/prove/fidelity_loss.py" \
            "$work/logits" "$checkpoint" "$work/candidate" "$work/loss.json" || return 1
    "$PROVE_PYTHON" "$ROOT/engine/prove/compare_fidelity.py" "$work"
}

# run_peer FILE LOG [OPTION]...: llama-perplexity's perplexity; with options, the logits written or compared with.
run_peer() {
    local file=$1 log=$2 last="Final estimate: PPL ="
    shift 2
    case "$*" in *--kl-divergence) last="Same top p:" ;; esac
    for _ in 1 2 3; do
        # shellcheck disable=SC2154
        step "llama-perplexity${1:+ $1} $(basename "$file")" "$PROVE_LOG" bash -c '"${@:2}" >"$1" 2>&1' _ "$log" \
            "$PREFIX/bin/llama-perplexity" -m "$file" -f "$text" -c 512 --chunks "$windows" --no-warmup "$@" || return 1
        # Its log thread sometimes loses the last lines at exit; such a run is made again.
        if grep -q "$last" "$log"; then return 0; fi
    done
    say "llama-perplexity printed no whole result in 3 runs: $log"
    return 1
}

# run_suite: the same perplexities as a user gets them, by a suite from the checkpoint on; leaves report.json.
run_suite() {
    local status=0
    # shellcheck disable=SC2154
    step "the lab, suites/balanced" "$PROVE_LOG" env LAB_ROOT="$ROOT" "$ROOT/.build/release/lab" run "$ROOT/suites/balanced" \
        --model "$checkpoint" --evaluations perplexity --dataset wikitext2 --dataset-path "$text" --limit "$windows" \
        --full --backend cpu --history "$work/history.sqlite" --store "$work/store" --output "$work/reports" || status=$?
    # 1 and 3: what the gate thinks of the candidate is not the question here.
    [ "$status" -le 1 ] || [ "$status" = 3 ] || return 1
    cp "$work/reports/latest/report.json" "$work/report.json"
}

# compare_with_parent TITLE NAME [OPTION]...: the lab's comparison, into NAME.json.
compare_with_parent() {
    local title=$1 name=$2
    shift 2
    # shellcheck disable=SC2154
    step "the lab, $title" "$PROVE_LOG" bash -c '"${@:2}" >"$1"' _ "$work/$name.json" "$ROOT/.build/release/lab" \
        divergence --artifact "$candidate" --parent "$parent" --text "$text" --limit "$windows" "$@"
}
