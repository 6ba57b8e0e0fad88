# `./lab prove ci`: the commands of examples/ci, as their jobs run them, in a fresh clone. Sourced by prove.sh.

# Two pushes to main, one from a branch, and one from a branch with a worse model, which must fail, for each of the two
# systems, with the caches between them kept as their cache steps would. What only the services themselves can do
# (checking out, caching, uploading) is left out.
prove_ci() {
    make_prove_work
    local system
    for system in github gitlab; do
        say "the jobs of examples/ci for $system"
        lab_python "$ROOT/engine/prove/ci_jobs.py" --system "$system" --root "$ROOT" --cache "$CACHE" \
            --work "$PROVE_WORK" || return 1
    done
}
