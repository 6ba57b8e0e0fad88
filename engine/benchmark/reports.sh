# `./lab benchmark reports [RUNS]`: how long a site over a history of so many runs takes. Sourced by benchmark.sh.

benchmark_reports() {
    local runs=${1:-1000} history site
    case "$runs" in "" | *[!0-9]*) say "error: '$runs' is no number of runs" && exit 2 ;; esac
    make_benchmark_work
    history=$BENCHMARK_WORK/history.sqlite site=$BENCHMARK_WORK/site
    (
        export LAB_SYNTHETIC_HISTORY=$history LAB_SYNTHETIC_RUNS=$runs
        run_tests --filter syntheticHistory
    ) >"$BENCHMARK_WORK/log" 2>&1
    [ -e "$history" ] || { show_benchmark_log 1 && exit 4; }
    time_site "a site of $runs runs" "$history" "$site"
    time_site "again, nothing changed" "$history" "$site"
    (
        export LAB_SYNTHETIC_HISTORY=$history LAB_SYNTHETIC_FIRST=$runs LAB_SYNTHETIC_RUNS=1
        run_tests --filter syntheticHistory
    ) >"$BENCHMARK_WORK/log" 2>&1
    time_site "again, after one more run" "$history" "$site"
    say "history: $(du -m "$history" | cut -f1) MB, site: $(du -sm "$site" | cut -f1) MB"
    exit 0
}

time_site() {
    local began ended output
    began=$(lab_python -c 'import time; print(time.time())')
    output=$("$ROOT/.build/release/lab" report index --history "$2" --output "$3" 2>>"$BENCHMARK_WORK/log") || exit 4
    ended=$(lab_python -c 'import time; print(time.time())')
    lab_python -c "print('%-28s %6.2f s   %s' % ('$1', $ended - $began, '${output##*: }'))"
}
