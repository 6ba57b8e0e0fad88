# `./lab prove reports`: pages of every kind, the sites of a history and of one with hostile names, and drawings of
# trends, in headless Chromium, with axe's rules. Sourced by prove.sh.

PROVE_BROWSER_PACKAGES="playwright==1.65.2 axe-playwright-python==0.1.8 lxml==6.1.3 pypdfium2==5.15.2 pillow==13.0.0"

prove_reports() {
    local browser pages
    browser=${LAB_CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
    [ -n "$browser" ] ||
        give_up "the reports are looked at in Chromium, and there is none" \
            "run: $(install_command chromium)   (or name one with LAB_CHROMIUM=FILE)"
    provide_browser_python
    make_prove_work
    pages=$PROVE_WORK/pages
    mkdir -p "$pages"
    (
        export LAB_REPORT_PAGES=$pages LAB_SYNTHETIC_HISTORY=$PROVE_WORK/history.sqlite LAB_SYNTHETIC_RUNS=40
        export LAB_HOSTILE_HISTORY=$PROVE_WORK/hostile.sqlite
        run_tests --filter 'ReportPagesTests|syntheticHistory|hostileHistory'
    ) || return 1
    [ -e "$pages/full.html" ] || give_up "the tests left no pages in $pages"
    local name lab=$ROOT/.build/release/lab
    for name in history hostile; do
        "$lab" report index --history "$PROVE_WORK/$name.sqlite" --output "$pages/site-$name" || return 1
        "$lab" history trend perplexity_increase --series 40 --format svg --history "$PROVE_WORK/$name.sqlite" \
            --output "$pages/trend-$name.svg" || return 1
    done
    "$PROVE_BROWSER_PYTHON" "$ROOT/engine/prove/reports.py" --browser "$browser" --pages "$pages" \
        ${LAB_JUNIT_SCHEMA:+--junit-schema "$LAB_JUNIT_SCHEMA"} "$@"
}

# A virtual environment with what drives the browser.
provide_browser_python() {
    local folder=$CACHE/venv/browser-1.65.2-0.1.8-5.15.2
    PROVE_BROWSER_PYTHON=$folder/bin/python
    [ ! -e "$folder/complete" ] || return 0
    lab_python -c 'import ensurepip, venv' 2>/dev/null ||
        give_up "Python's venv is missing" "run: $(install_command python3-venv)"
    rm -rf "$folder"
    step "making a Python environment" "$PROVE_LOG" lab_python -m venv "$folder" || give_up "no Python environment"
    # shellcheck disable=SC2086
    step "installing playwright and axe" "$PROVE_LOG" "$PROVE_BROWSER_PYTHON" -m pip install $PROVE_BROWSER_PACKAGES ||
        give_up "playwright could not be installed"
    touch "$folder/complete"
}
