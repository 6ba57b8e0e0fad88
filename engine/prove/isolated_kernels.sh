#!/usr/bin/env bash
# isolated_kernels.sh BUILD MODULE...: no object of these modules may define code under a name that another module
# could share. The linker keeps one of several inlined copies: it may keep the one that only newer processors run.
set -euo pipefail
build=$1
shift
status=0
for module in "$@"; do
    objects=("$build/$module.build/"*.o)
    [ -e "${objects[0]}" ] || { echo "$module: no objects in $build/$module.build" && exit 4; }
    # Code is T, t, W, or u where it is unique in the process, in nm's letters; V here is data of the reflection records alone. A module's own names carry its name.
    shared=$(nm "${objects[@]}" | awk '$2 ~ /^[TtWu]$/ { print $3 }' | grep -v "^\$s${#module}$module" | sort -u || true)
    if [ -n "$shared" ]; then
        echo "$module: code that other modules could share:"
        echo "$shared" | sed 's/^/    /'
        status=1
    else
        echo "$module: $(nm "${objects[@]}" | awk '$2 ~ /^[Tt]$/' | wc -l) functions, none shared"
    fi
done
exit "$status"
