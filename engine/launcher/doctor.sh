# `lab doctor`, the part that must work before anything is built. Sourced by ./lab; changes nothing.

doctor() {
    local complete=yes missing engine_ready="" advice
    if find_swift; then
        doctor_line swift "$SWIFT_VERSION ($SWIFT)"
    else
        doctor_line swift "missing${OLD_SWIFT:+: $OLD_SWIFT is too old}; $(swift_advice)"
        complete=""
    fi
    doctor_engine && engine_ready=yes
    doctor_cuda
    if [ -n "$engine_ready" ]; then missing=$(missing_packages swift); else missing=$(missing_packages all); fi
    if [ -z "$missing" ]; then
        doctor_line packages "all there"
    else
        doctor_line packages "missing: $missing; get them with: $(install_command $missing)"
        complete=""
    fi
    missing=$(missing_optional_packages)
    [ -z "$missing" ] || doctor_line "optional packages" \
        "missing: $missing, which runs the code that models write; get it with: $(install_command $missing)"
    doctor_line mlx "$(mlx_state)"
    if [ -z "$engine_ready" ]; then
        complete=""
    elif [ ! -x "$ROOT/.build/release/lab" ]; then
        doctor_line build "not built yet; any command builds it, ./lab suites for one"
        complete=""
    else
        advice="up to date"
        build_is_current || advice="older than the sources; the next command renews it"
        doctor_line build "$advice ($ROOT/.build/release)"
        export LAB_ENGINE_PREFIX=$PREFIX
        [ -z "$complete" ] || exec "$ROOT/.build/release/lab" "$@"
        "$ROOT/.build/release/lab" "$@"
    fi
    [ -n "$complete" ] || exit 4
}

# Prints the engine's lines; sets PREFIX and succeeds when it is whole.
doctor_engine() {
    local missing
    read_pin
    if has_own_engine; then
        missing=$(check_own_engine "$LAB_ENGINE_PREFIX")
        if [ -n "$missing" ]; then
            doctor_line engine "LAB_ENGINE_PREFIX=$LAB_ENGINE_PREFIX lacks: $missing"
            return 1
        fi
        PREFIX=$LAB_ENGINE_PREFIX
        doctor_line engine "your own, at $PREFIX (LAB_ENGINE_PREFIX)"
        return 0
    fi
    describe_engine
    PREFIX=$(default_engine_link)
    doctor_line compiler "$(compiler_description)"
    if engine_in_place "$PREFIX"; then
        doctor_line engine "llama.cpp $PIN_BUILD, built $(sed -n 's/.*"built_at": "\(.*\)".*/\1/p' "$PREFIX/engine.json")"
        doctor_line "engine folder" "$(engine_identity)"
        doctor_line "engine CPU" "$(sed -n 's/^cpu //p' "$PREFIX/key.txt")"
        return 0
    fi
    if [ -e "$PREFIX/engine.json" ]; then
        doctor_line engine "the one in $PREFIX was made for another machine or compiler; ./lab engine builds this one's"
    else
        doctor_line engine "not built; ./lab engine builds llama.cpp $PIN_BUILD (about 10 minutes on 2 cores)"
    fi
    return 1
}
