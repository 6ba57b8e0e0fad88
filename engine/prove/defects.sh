# `./lab prove defects`: planted defects, dosed, and what the suite says of them. Sourced by prove.sh.

# Finds the doses anew and keeps them in fixtures/defects, from which the tests plant the same.
prove_defects() {
    local tiny=$ROOT/fixtures/pajama-tiny
    [ -e "$tiny/model.safetensors" ] || give_up "fixtures/pajama-tiny has no model.safetensors"
    provide_prove_python
    provide_build
    make_prove_work
    export LAB_ENGINE_PREFIX=$PREFIX LAB_ROOT=$ROOT LAB_STORE=$PROVE_WORK/store
    "$PROVE_PYTHON" "$ROOT/engine/prove/defects.py" --programs "$ROOT/.build/release" --checkpoint "$tiny" \
        --suite "$ROOT/suites/balanced" --text "$tiny/heldout/text.txt" --work "$PROVE_WORK" \
        --output "$ROOT/fixtures/defects/doses.json"
}
