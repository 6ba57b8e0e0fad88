# Builds the lab when something changed since the last build, and runs its tests. Sourced by ./lab.

STAMP=$ROOT/.build/launcher/stamp
BUILD_LOG=$ROOT/.build/launcher/build.log

# The engine that PREFIX leads to now; a build is only good for the one it was linked with.
engine_identity() { (cd -P "$PREFIX" && pwd -P); }

# True when nothing that goes into the build is newer than the stamp. SwiftPM's own answer takes seconds.
# Contents may change with an old modification time (a copy that keeps times), hence the change time too.
build_is_current() {
    local program
    for program in lab lab-worker llama-pajamas-quant llama-pajamas-run codec-benchmark fuzz-readers; do
        [ -x "$ROOT/.build/release/$program" ] || return 1
    done
    [ -r "$STAMP" ] &&
        [ "$(<"$STAMP")" = "$(engine_identity)" ] &&
        [ -z "$(cd "$ROOT" && find Package.swift Sources \( -newer "$STAMP" -o -cnewer "$STAMP" \) -print 2>&1 | head -n 1)" ]
}

# swift_build TITLE ARGUMENT...
swift_build() {
    local title=$1
    shift
    require_swift
    require_packages swift
    offer_packages
    export LAB_ENGINE_PREFIX=$PREFIX
    mkdir -p "$ROOT/.build/launcher" || give_up "cannot write in $ROOT/.build"
    # Made before the build, so that a file saved while the build runs counts as newer.
    engine_identity >"$STAMP.partial" || give_up "cannot write $STAMP (is the disk full?)"
    step "$title" "$BUILD_LOG" "$SWIFT" build -c release --package-path "$ROOT" "$@" ||
        give_up "the lab could not be built"
    mv "$STAMP.partial" "$STAMP" || give_up "cannot write $STAMP"
}

provide_build() {
    build_is_current || swift_build "building the lab"
}

run_tests() {
    swift_build "building the lab and its tests" --build-tests
    cd "$ROOT" || give_up "cannot enter $ROOT"
    # Tests share the cores, so that speed is not what their workers go for.
    export GOMP_SPINCOUNT=${GOMP_SPINCOUNT-1000}
    exec "$SWIFT" test -c release --disable-testable-imports --disable-xctest --skip-build "$@"
}
