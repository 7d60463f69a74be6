#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev fuzz: let each fuzzer search for a while, beginning with what was found before.
#
#     fuzz.sh BUILD_FOLDER [SECONDS] [NAME...]
#
# New inputs go to BUILD_FOLDER/found/NAME, and one that breaks something is
# BUILD_FOLDER/broken/NAME-....
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../fuzz" && pwd -P)
build=$1
shift
seconds=60
# None at all would mean without end to libFuzzer; it is refused below, as the name of no fuzzer.
if [[ ${1:-} =~ ^[1-9][0-9]*$ ]]; then
    seconds=$1
    shift
fi
names=("$@")
if ((${#names[@]} == 0)); then
    mapfile -t names < <(cd "$here" && printf '%s\n' fuzz_*.c | sed 's/^fuzz_\(.*\)\.c$/\1/')
fi
for name in "${names[@]}"; do
    if [[ ! -x $build/tests/fuzz/fuzz_$name ]]; then
        printf 'dev: there is no fuzzer "%s". There are: %s\n' "$name" \
            "$(cd "$here" && printf '%s\n' fuzz_*.c | sed 's/^fuzz_\(.*\)\.c$/\1/' | paste -sd' ')" >&2
        exit 2
    fi
done

number_of() { # WHAT LOG: a figure that libFuzzer prints at its end
    sed -n "s/^stat::$1: *\([0-9]*\)$/\1/p" "$2"
}

run() { # NAME
    local name=$1 log=$build/log/$1.log broken=$build/broken/$1- status=0
    local -a how=("-max_total_time=$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1
        "-artifact_prefix=$broken")
    [[ ! -f $here/$name.dict ]] || how+=("-dict=$here/$name.dict")
    mkdir -p "$build/found/$name" "$build/broken" "$build/log"
    # No variable of the environment reaches a fuzzer, so that what it found is found again.
    env -i PATH="$PATH" "$build/tests/fuzz/fuzz_$name" "${how[@]}" \
        "$build/found/$name" "$here/corpus/$name" >"$log" 2>&1 </dev/null || status=$?
    if ((status == 0)); then
        printf '%-16s %s inputs, %s new, %s\n' "$name" "$(number_of number_of_executed_units "$log")" \
            "$(number_of new_units_added "$log")" \
            "$(sed -n 's/.* cov: \([0-9]*\) .*/\1 places reached/p' "$log" | tail -n 1)"
        return
    fi
    printf '%-16s BROKEN, all of it in %s:\n' "$name" "$log"
    grep -m1 -E '^(SUMMARY|ERROR|==[0-9]+== *ERROR)|does not hold' "$log" || tail -n 20 "$log"
    sed -n 's/.*Test unit written to \(.*\)$/  again with: '"${build//\//\\/}"'\/tests\/fuzz\/fuzz_'"$name"' \1/p' "$log"
    return 1
}

# As many at a time as there are processors.
failed=0
running=0
for name in "${names[@]}"; do
    if ((running == $(nproc))); then
        wait -n || failed=$((failed + 1))
        running=$((running - 1))
    fi
    run "$name" &
    running=$((running + 1))
done
while ((running > 0)); do
    wait -n || failed=$((failed + 1))
    running=$((running - 1))
done
printf '%d fuzzers, %d of them broke something\n' "${#names[@]}" "$failed"
((failed == 0))
