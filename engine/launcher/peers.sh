# Programs of the engine's own tree that the lab is compared with, built on request only. Sourced by ./lab.

PEERS="llama-quantize llama-perplexity llama-bench llama-imatrix llama-server"

engine_command() {
    NEEDED=engine
    case "${1:-}" in
    "")
        provide_engine
        say "engine: $(engine_identity)"
        ;;
    peers)
        shift
        [ $# -gt 0 ] || set -- llama-quantize llama-perplexity llama-bench llama-imatrix
        provide_engine
        provide_peers "$@"
        say "peers: $PREFIX/bin"
        ;;
    cuda)
        shift
        # shellcheck source=/dev/null
        . "$ROOT/engine/launcher/cuda.sh"
        cuda_command "$@"
        ;;
    mlx)
        if [ "${2:-}" = --present ]; then
            describe_mlx
            mlx_in_place || exit 4
        else
            provide_mlx
        fi
        # For programs that start the worker: the last line is its Python.
        echo "$MLX_PYTHON"
        ;;
    *)
        echo "usage: ./lab engine [cuda [--toolkit] | mlx [--present] | peers [NAME...]]   (names: $PEERS)" >&2
        exit 2
        ;;
    esac
}

# Leaves the programs named in PREFIX/bin.
provide_peers() {
    local name missing=""
    for name in "$@"; do
        case " $PEERS " in
        *" $name "*) ;;
        *) say "error: no peer is called $name; there are: $PEERS" && exit 2 ;;
        esac
        [ -x "$PREFIX/bin/$name" ] || missing="$missing $name"
    done
    [ -n "$missing" ] || return 0
    [ "$PREFIX" = "$(default_engine_link)" ] ||
        give_up "LAB_ENGINE_PREFIX=$PREFIX has no$missing in bin/" "install them there, or unset LAB_ENGINE_PREFIX"
    require_packages engine
    set_engine_paths
    lock "$CACHE/locks/engine" "building the engine"
    fetch_engine
    for name in $missing; do
        local tree=$ENGINE_BUILD_TREE server=OFF
        # The server switches more of the tree on; its own build tree leaves the engine's as it is.
        if [ "$name" = llama-server ]; then tree=$tree-server server=ON; fi
        [ -e "$tree/CMakeCache.txt" ] || configure_engine "$tree" "LLAMA_BUILD_SERVER=$server"
        build_in "$tree" "compiling $name" "$name"
        install_peer "$tree/bin" "$name" || give_up "$name could not be copied to $PREFIX/bin (is the disk full?)"
    done
    unlock
}

install_peer() {
    local built=$1 name=$2 library
    for library in "$built"/lib*; do
        library=$(basename "$library")
        [ -e "$PREFIX/lib/$library" ] || [ -L "$PREFIX/lib/$library" ] ||
            cp -P "$built/$library" "$PREFIX/lib/$library" || return 1
    done
    cp "$built/$name" "$PREFIX/bin/$name.partial" && mv "$PREFIX/bin/$name.partial" "$PREFIX/bin/$name"
}
