# Provides mlx-lm: a Python environment in the cache with the pins of workers/mlx/requirements*.txt. Sourced by ./lab.

MLX_PYTHON=""
MLX_FOLDER=""
MLX_VARIANT=""
MLX_WORKER=$ROOT/workers/mlx
MLX_VERSION=""
# The files of pins.
MLX_PINS=()

# Sets what is above, MLX_VARIANT by what this machine computes with. The pins are in the folder's name: others are
# another environment.
describe_mlx() {
    local key
    MLX_VARIANT=${LAB_MLX:-$(mlx_variant)}
    case "$MLX_VARIANT" in
    cpu | cuda | metal) ;;
    *) say "error: LAB_MLX=$MLX_VARIANT is none of cpu, cuda and metal" && exit 2 ;;
    esac
    MLX_PINS=("$MLX_WORKER/requirements.txt")
    [ "$MLX_VARIANT" = metal ] || MLX_PINS+=("$MLX_WORKER/requirements-$MLX_VARIANT.txt")
    MLX_VERSION=$(sed -n 's/^mlx-lm==//p' "${MLX_PINS[0]}") &&
        key=$(cat "${MLX_PINS[@]}") && [ -n "$MLX_VERSION" ] ||
        give_up "the worker's pins cannot be read" "restore them with: git checkout workers/mlx"
    key=$(printf '%s' "$key" | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c 1-8)
    MLX_FOLDER=$CACHE/venv/mlx-$MLX_VERSION-$MLX_VARIANT-$key
    MLX_PYTHON=$MLX_FOLDER/bin/python
}

# metal, cuda or cpu.
mlx_variant() {
    local driver
    if [ "$(uname -s)" = Darwin ]; then echo metal && return; fi
    driver=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader 2>/dev/null | head -n 1)
    case "$driver" in
    "" | *[!0-9.]*) echo cpu ;;
    # CUDA 13 takes a driver of 580 or newer.
    *) if [ "${driver%%.*}" -ge 580 ]; then echo cuda; else echo cpu; fi ;;
    esac
}

mlx_in_place() { [ -e "$MLX_FOLDER/complete" ] && [ -x "$MLX_PYTHON" ]; }

# Prints the first Python of at least 3.11, the one on PATH first.
find_mlx_python() {
    local name
    for name in "${LAB_PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
        has "$name" && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$name" && return
    done
    return 1
}

# Leaves the environment in MLX_FOLDER and its Python in MLX_PYTHON.
provide_mlx() {
    local python file log=$CACHE/logs/mlx.log arguments=()
    describe_mlx
    if mlx_in_place; then return 0; fi
    python=$(find_mlx_python) ||
        give_up "no Python 3.11 or newer, which mlx-lm needs" "install one and name it with LAB_PYTHON=python3.12, say"
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        give_up "Python's venv is missing" "run: $(install_command python3-venv)"
    lock "$CACHE/locks/mlx" "making the environment of mlx-lm"
    if ! mlx_in_place; then
        rm -rf "$MLX_FOLDER"
        step "making a Python environment" "$log" "$python" -m venv "$MLX_FOLDER" ||
            give_up "no Python environment in $MLX_FOLDER (is the disk full?)"
        for file in "${MLX_PINS[@]}"; do arguments+=(-r "$file"); done
        step "installing mlx-lm ($MLX_VARIANT)" "$log" "$MLX_PYTHON" -m pip install --disable-pip-version-check \
            --progress-bar off --no-deps --only-binary :all: "${arguments[@]}" ||
            give_up "mlx-lm could not be installed from PyPI" \
                "without network: bring the wheels that workers/mlx/requirements*.txt name in a folder, and set" \
                "PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER"
        # The marker says that it is whole.
        touch "$MLX_FOLDER/complete" || give_up "cannot write in $MLX_FOLDER (is the disk full?)"
    fi
    unlock
}

# One line for `lab doctor`.
mlx_state() {
    describe_mlx
    if mlx_in_place; then
        echo "mlx-lm $MLX_VERSION for $MLX_VARIANT ($MLX_FOLDER)"
    elif find_mlx_python >/dev/null; then
        echo "no environment yet; ./lab engine mlx makes it, and so does a suite that lists mlx"
    else
        echo "no environment, and no Python 3.11 or newer to make it with; name one with LAB_PYTHON"
    fi
}
