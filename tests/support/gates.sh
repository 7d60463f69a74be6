# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The lint gates and the test runs of ./dev, which reads this file and sets what it uses:
# root, nobody, as_nobody, say, fail, configure, build and quietly.

passed=0
failed=0
skipped=()
logs=$root/build/log

gate() { # NAME COMMAND...: one check that passes or fails as a whole
    local name=$1 log=$logs/$1.log since=$SECONDS
    shift
    if "$@" >"$log" 2>&1 </dev/null; then
        passed=$((passed + 1))
        printf '%-22s passed (%d s)\n' "$name" $((SECONDS - since))
    else
        failed=$((failed + 1))
        printf '%-22s FAILED (%d s), all of it in %s:\n' "$name" $((SECONDS - since)) "$log"
        tail -n 60 "$log"
        return 1
    fi
}

sources() { # of C, in the folders given
    local folder
    for folder; do
        find "$root/$folder" -name '*.[ch]' -print0
    done
}

lint_format() {
    sources src include tests docs/examples | xargs -0 clang-format --dry-run -Werror
}

# What clang-tidy reads has its own folder: clang's options, and no sanitizer that hides code.
lint_tidy() {
    configure lint OFF &&
        find "$root/src" -name '*.c' -print0 |
        xargs -0 -n1 -P"$(nproc)" clang-tidy --quiet -p "$root/build/lint" 2>&1 |
        sed '/^[0-9]* warnings\{0,1\} generated\.$/d'
}

lint_shell() {
    (cd "$root" && find dev .ci/run docs po tests -type f \( -name '*.sh' -o ! -name '*.*' -perm -u+x \) \
        -exec shellcheck -x --severity=style {} +)
}

lint_gates() {
    gate lint.format lint_format || true
    gate lint.shell lint_shell || true
    gate lint.tidy lint_tidy || true
}

finish() {
    ((${#skipped[@]} == 0)) || printf 'Skipped: %s\n' "${skipped[@]}"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0)) || exit 1
}

run_lint() {
    mkdir -p "$logs"
    lint_gates
    quietly build-release build release ON
    gate policy ctest --test-dir "$root/build/release" -L policy --output-on-failure --no-tests=error ||
        true
    finish
}

# ---- The tests ----

# Nobody is who runs the tests when root asks for them: what root may do proves little.
scratch=

with_home() { # FOLDER COMMAND...: with a home and a place for temporary files that are thrown away
    local folder=$1
    shift
    env -u XDG_CONFIG_HOME -u XDG_DATA_HOME -u XDG_RUNTIME_DIR \
        HOME="$folder/home" TMPDIR="$folder/tmp" PYTHONDONTWRITEBYTECODE=1 "$@"
}

as_root() { with_home "$scratch/root" "$@"; }

as_tester() {
    if ((EUID == 0)); then
        # shellcheck disable=SC2154
        with_home "$scratch/tester" "${as_nobody[@]}" "$@"
    else
        with_home "$scratch/tester" "$@"
    fi
}

owner() { stat -c %u:%g "$root/dev"; }

clean_up() {
    local testing
    for testing in "$root"/build/*/Testing; do
        if ((EUID == 0)) && [[ -d $testing ]]; then
            chown -R "$(owner)" "$testing"
        fi
    done
    [[ -z $scratch ]] || rm -rf "$scratch"
}

prepare_tester() {
    # The path is short because sockets are made below it.
    scratch=$(mktemp -d /var/tmp/loom-test.XXXXXX)
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
    mkdir -p "$scratch"/{root,tester}/{home,tmp}
    ((EUID == 0)) || return 0
    chmod 755 "$scratch"
    # shellcheck disable=SC2154
    chown -R "$nobody:$nobody" "$scratch/tester"
    if ! as_tester test -r "$root/CMakeLists.txt" -a -x "$root/tests"; then
        say "The tests run as an unprivileged user, who cannot read $root:"
        say "a copy in $scratch/copy is built and tested instead."
        mkdir "$scratch/copy"
        tar -C "$root" --exclude=./build --exclude=./.git -cf - . | tar -C "$scratch/copy" -xf -
        mkdir "$scratch/copy/build"
        cp -R "$root/build/npm" "$scratch/copy/build/npm"
        root=$scratch/copy
    fi
}

nothing_is_left() {
    local left
    left=$(find "$scratch"/{root,tester}/{home,tmp} -mindepth 1 2>/dev/null)
    [[ -z $left ]] || printf 'The tests left behind:\n%s\n' "$left"
    [[ -z $left ]]
}

# The lines "TEST: CASE" of what a run skipped: whole tests, and cases that cmocka counts as passed.
skipped_in() { # NAME
    {
        sed -n 's/^[[:blank:]]*[0-9]* - \(.*\) (\(Skipped\|Disabled\))$/\1: all of it/p' "$logs/$1.log"
        awk '/^[0-9]+\/[0-9]+ Testing: / { test = $3 }
            /^\[  SKIPPED \] [A-Za-z_0-9]+$/ { print test ": " $4 }' "$logs/$1.all"
    } | LC_ALL=C sort -u
}

# Adds what a ctest log says to the figures, and shows what failed.
count() { # NAME STATUS SECONDS
    local name=$1 log=$logs/$1.log status=$2 total bad absent
    total=$(sed -n 's/.* tests failed out of \([0-9]*\)$/\1/p' "$log")
    bad=$(sed -n 's/.* tests passed, \([0-9]*\) tests failed out of .*/\1/p' "$log")
    absent=$(grep -cE '^[[:blank:]]*[0-9]+ - .* \((Skipped|Disabled)\)$' "$log" || true)
    if [[ -z $total || ($status -ne 0 && $bad -eq 0) ]]; then
        printf '%-22s FAILED: ctest did not get through:\n' "$name"
        tail -n 60 "$log"
        failed=$((failed + 1))
        return
    fi
    passed=$((passed + total - bad - absent))
    failed=$((failed + bad))
    if ((bad == 0)); then
        printf '%-22s %d tests passed (%d s)\n' "$name" $((total - absent)) "$3"
    else
        printf '%-22s %d of %d tests FAILED (%d s), all of it in %s:\n' \
            "$name" "$bad" "$total" "$3" "$log"
        sed -E '/^ *Start +[0-9]+:/d; /Test +#[0-9]+: .* Passed /d' "$log" | tail -n 300
    fi
}

# Most tests wait most of the time: for a server, a keyring, a second to pass.
readonly beside=$((2 * $(nproc)))

run_ctest() { # NAME PRESET AS_WHOM CTEST_ARGUMENTS...
    local name=$1 folder=$root/build/$2 as=$3 status=0 since=$SECONDS
    shift 3
    mkdir -p "$folder/Testing"
    ((EUID != 0)) || [[ $as != as_tester ]] || chown -R "$nobody:$nobody" "$folder/Testing"
    "$as" ctest --test-dir "$folder" -j"$beside" --timeout 300 --output-on-failure --no-tests=error "$@" \
        >"$logs/$name.log" 2>&1 </dev/null || status=$?
    cp "$folder/Testing/Temporary/LastTest.log" "$logs/$name.all" 2>/dev/null || : >"$logs/$name.all"
    count "$name" "$status" $((SECONDS - since))
}

names_of() { # PRESET CTEST_ARGUMENTS...: of the tests that these choose
    local preset=$1
    shift
    ctest --test-dir "$root/build/$preset" -N "$@" | sed -n 's/^ *Test *#[0-9]*: //p'
}

# What the first run skipped may be what only root can show, as on files of another user: those
# tests run once more, as root, with those that carry the label. What is skipped in both is named.
run_root_tests() { # PRESET LABELLED SKIPPED
    local preset=$1 labelled=$2 first=$3 second name pattern
    if ((EUID == 0)); then
        pattern=$({ printf '%s\n' "$labelled" && cut -d: -f1 <<<"$first"; } |
            sed '/^$/d; s/[.+]/\\&/g' | sort -u | paste -sd'|')
        [[ -n $pattern ]] || return 0
        run_ctest "test.$preset.root" "$preset" as_root -R "^($pattern)$"
        second=$(skipped_in "test.$preset.root")
        first=$(LC_ALL=C comm -12 <(echo "$first") <(echo "$second"))
    elif [[ -n $labelled ]]; then
        first+=$'\n'${labelled//$'\n'/': needs root'$'\n'}': needs root'
    fi
    while read -r name; do
        [[ -z $name ]] || skipped+=("$preset: $name")
    done <<<"$first"
}

build_tests() { # PRESET
    build "$1" ON || return
    [[ $1 != coverage ]] || coverage prepare "$root/build/coverage"
}

test_preset() { # PRESET CTEST_ARGUMENTS...
    local preset=$1 labelled others first=
    shift
    gate "build.$preset" build_tests "$preset" || return 0
    labelled=$(names_of "$preset" "$@" -L '^root$')
    others=$(names_of "$preset" "$@" -LE '^root$')
    if [[ -z $labelled$others ]]; then
        printf '%-22s FAILED: there is no such test: %s\n' "test.$preset" "$*"
        failed=$((failed + 1))
        return 0
    fi
    if [[ -n $others ]]; then
        run_ctest "test.$preset" "$preset" as_tester "$@" -LE '^root$'
        first=$(skipped_in "test.$preset")
    fi
    run_root_tests "$preset" "$labelled" "$first"
}

# Which lines ran. Part of the tests cannot run them all: only the whole is held to a measure.
readonly least_percent=90

coverage() { python3 -B "$root/tests/support/coverage.py" "$@"; }

show_coverage() { # CTEST_ARGUMENTS...
    local -a measure=()
    (($# > 0)) || measure=(--least "$least_percent")
    if coverage show "$root/build/coverage" "$root" "$logs/coverage.never" "${measure[@]}"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
    say "What never ran: $logs/coverage.never"
}

# Threads of a host on the library, and threads of the program: only what that takes is built.
thread_gates() {
    gate build.thread build thread ON loom loom-dev-server loom-host || return 0
    run_ctest test.thread thread as_tester -L '^thread$'
}

run_tests() { # ARGUMENTS of ./dev test
    local -a presets=()
    while [[ ${1:-} == --preset ]]; do
        case ${2:-} in
            release | debug | clang) presets+=("$2") ;;
            *) fail "--preset wants release, debug or clang" ;;
        esac
        shift 2
    done
    if [[ ${1:-} == --coverage ]]; then
        presets=(coverage)
        shift
    fi
    mkdir -p "$logs"
    prepare_tester
    if ((${#presets[@]} == 0 && $# == 0)); then
        lint_gates
        thread_gates
    fi
    ((${#presets[@]} > 0)) || presets=(release debug clang)
    local preset
    for preset in "${presets[@]}"; do
        test_preset "$preset" "$@"
    done
    [[ $preset != coverage ]] || show_coverage "$@"
    gate test.leaves-nothing nothing_is_left || true
    finish
}

