# What ./ccr does, one function each. Sourced; uses $root, $build, $zip, $assume_yes.
packages=(cmake ninja-build gcc libc6-dev binutils libprotobuf-c-dev protobuf-c-compiler protobuf-compiler libzstd-dev
    liblz4-dev libdeflate-dev zlib1g-dev libcriterion-dev maven unzip python3)
declare -A packages_of=([fuzz]="clang libclang-rt-14-dev" [tidy]="git clang-format clang-tidy" [package]=make [gradle]=gradle [cluster]="python3-venv openssl curl" [valgrind]=valgrind)
logs=$root/build/logs
lanes_all=(unit asan tsan valgrind sim mutants coverage fuzz jni tidy package gradle cluster)
passed=0 failed=0
failures=()
reasons=
running=
scratch=

say() {
    printf '\033[1m==\033[0m %s\n' "$*"
}

# Ends what a step left running, and the folder that nodes read from.
finish() {
    [ -z "$running" ] || kill -- "-$running" 2>/dev/null
    [ -z "$scratch" ] || rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

missing_packages() {
    local package
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed' || echo "$package"
    done
}

install_packages() {
    local missing answer sudo=
    if ! command -v apt-get >/dev/null; then
        echo "ccr: this is no Debian: what stands for these packages there has to be installed already: ${packages[*]}"
        return 0
    fi
    missing=$(missing_packages | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        sudo="sudo "
        if [ -z "$assume_yes" ]; then
            read -r -p "Debian packages are missing: $missing- install them with sudo? [y/N] " answer
            case "$answer" in
            y | Y | yes) ;;
            *) echo "ccr: install them first: apt-get install $missing" >&2 && return 1 ;;
            esac
        fi
        sudo -v || return 1
    fi
    # A machine that has just begun may be busy with upgrades of its own, which hold the lock.
    step "installing packages: $missing" packages scripts/again.sh bash -c "${sudo}apt-get update -qq && \
        ${sudo}env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 $missing"
}

# step TEXT LOG COMMAND...: runs quietly, in a process group of its own, with a dot every 5 seconds; on failure shows the end
# of the log.
step() {
    local text=$1 log=$logs/$2.log start=$SECONDS ticks=0
    shift 2
    mkdir -p "$logs"
    printf '   %s ' "$text"
    set -m
    "$@" >"$log" 2>&1 </dev/null &
    running=$!
    set +m
    while kill -0 "$running" 2>/dev/null; do
        sleep 0.2
        ticks=$((ticks + 1))
        [ $((ticks % 25)) -eq 0 ] && printf .
    done
    if wait "$running"; then
        running=
        echo " ok ($((SECONDS - start)) s)"
    else
        running=
        echo " FAILED; the end of $log:"
        tail -60 "$log"
        return 1
    fi
}

prepare() {
    install_packages || return 1
    CCR_JDK=$(scripts/find-jdk.sh) || return 1
    export CCR_JDK OPENSEARCH_JAVA_HOME=$CCR_JDK
    OPENSEARCH_HOME=$(scripts/opensearch-home.sh) || return 1
    export OPENSEARCH_HOME
}

# The JDK and the distribution are given anew: what an older build folder remembers may be gone.
configure_and_build() {
    cmake --preset "$1" -DCCR_JDK="$CCR_JDK" -DOPENSEARCH_HOME="$OPENSEARCH_HOME" && cmake --build --preset "$1"
}

build_release() {
    [ -z "${release_is_built:-}" ] || return 0
    step "building the core, the JNI library, the shim and the zip" build configure_and_build release || return 1
    release_is_built=yes
}

# Nodes refuse root, and their user must be able to read the zip wherever this tree lies.
cluster_environment() {
    if [ "$(id -u)" -eq 0 ]; then
        export CCR_TEST_USER=${CCR_TEST_USER:-ccr-test}
        id "$CCR_TEST_USER" >/dev/null 2>&1 ||
            useradd --system --no-create-home --shell /usr/sbin/nologin "$CCR_TEST_USER" || return 1
    fi
    if [ -z "$scratch" ]; then
        scratch=$(mktemp -d) && chmod 755 "$scratch" || return 1
    fi
    cp "$zip" "$scratch/" && chmod 644 "$scratch/${zip##*/}" || return 1
    export CCR_PLUGIN_ZIP=$scratch/${zip##*/}
}

# A lane that failed without a failed test, or ran none, is a failure of its own.
count_lane() {
    local lane=$1 status=$2 good=${3:-0} bad=${4:-0}
    if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$good" -eq 0 ]; }; then
        bad=1
    fi
    [ "$bad" -eq 0 ] || failures+=("$lane")
    passed=$((passed + good))
    failed=$((failed + bad))
    say "$lane: $good passed, $bad failed"
}

# plain_lane LANE COMMAND...: counts by the command's last "N passed, N failed".
plain_lane() {
    local lane=$1 status=0 line good bad
    shift
    step "$lane: running" "$lane" "$@" || status=1
    line=$(grep -aoE '[0-9]+ passed, [0-9]+ failed' "$logs/$lane.log" | tail -1)
    good=${line%% *}
    bad=${line##*, }
    count_lane "$lane" "$status" "${good:-0}" "${bad%% *}"
}

# Counts Criterion's tests one by one, and every other program as one test.
ctest_lane() {
    local lane=$1 preset=$2 status=0 good bad
    step "$lane: building" "$lane-build" configure_and_build "$preset" || { count_lane "$lane" 1; return; }
    step "$lane: running" "$lane" ctest --preset "$preset" -j 2 || status=1
    read -r good bad < <(python3 scripts/count_ctest.py "build/$preset")
    count_lane "$lane" "$status" "${good:-0}" "${bad:-0}"
}

lane_unit() { ctest_lane unit release; }
lane_asan() { ctest_lane asan asan; }
lane_tsan() { ctest_lane tsan tsan; }

# The report names every line and branch of the core that no test reaches; too many of them are a failure of their own.
lane_coverage() {
    [ ! -d build/coverage ] || find build/coverage -name '*.gcda' -delete
    ctest_lane coverage coverage
    python3 scripts/coverage.py build/coverage | tee "$logs/coverage-report.log" | tail -1
    [ "${PIPESTATUS[0]}" -eq 0 ] || count_lane coverage 1
}

# $1: the arguments of scripts/fuzz.py.
lane_fuzz() {
    step "fuzz: building" fuzz-build configure_and_build fuzz || { count_lane fuzz 1; return; }
    plain_lane fuzz python3 scripts/fuzz.py build/fuzz ${1:-}
}

# Memcheck over the parsers; valgrind:--all over every test of the core.
lane_valgrind() {
    build_release || { count_lane valgrind 1; return; }
    plain_lane valgrind python3 scripts/valgrind.py "$build" ${1:-}
}

# Seeds FROM to FROM + COUNT - 1, half of them in each of two processes; $3: for both.
two_halves() {
    local from=$1 half=$((($2 + 1) / 2)) first
    build/release/tests/ccr_sim --seeds "$from" "$half" $3 --faults &
    first=$!
    build/release/tests/ccr_sim --seeds $((from + half)) $(($2 - half)) $3 >"$logs/sim-2.log" 2>&1
    local second=$?
    cat "$logs/sim-2.log"
    wait "$first" && [ "$second" -eq 0 ]
}

# Other seeds than those ctest runs. All of them are one test: a seed is no test of its own.
lane_sim() {
    build_release || { count_lane sim 1; return; }
    local range=${1:-10001 20000} all=
    [ -n "${1:-}" ] || all=--all-faults # fewer seeds may well lack one
    if step "sim: running" sim two_halves $range "$all" &&
        [ "$(grep -cE '^[1-9][0-9]* passed, 0 failed' "$logs/sim.log")" -eq 2 ]; then
        count_lane sim 0 1
        grep 'simulated seconds' "$logs/sim.log"
    else
        count_lane sim 1
    fi
}

# Deliberate bugs of the core, each of which the simulator or the unit tests notice; prints what noticed which.
lane_mutants() {
    build_release || { count_lane mutants 1; return; }
    if find native "$build" \( -name '*.[ch]' -o -name 'libccr_*.so' -o -name libccr_core.a \) -exec grep -l ccr_mutant {} + |
        grep -q .; then
        echo "ccr: what is shipped knows of ccr_mutant" >&2
        count_lane mutants 1
        return
    fi
    step "mutants: building" mutants-build configure_and_build mutants || { count_lane mutants 1; return; }
    plain_lane mutants python3 tests/mutants/run.py build/mutants ${1:-}
    cat "$logs/mutants.log"
}

lane_jni() {
    build_release || { count_lane jni 1; return; }
    plain_lane jni tests/jni/run.sh "$build" "$build"/jni-shim/opensearch-cross-cluster-replication-*.jar "$OPENSEARCH_HOME/lib"
}

lane_tidy() {
    build_release || { count_lane tidy 1; return; }
    plain_lane tidy python3 tests/tidy/tidy.py --library "$(find "$build/plugin-descriptor" -name libccr_jni.so)" --zip "$zip" \
        --compile-commands "$build"
}

# From a copy of the tree elsewhere, with the other generator: the same bytes. Then a source changes, and the zip follows.
same_zip_from_make() {
    local source=$root/build/make/source other=$root/build/make/build class=java/org/opensearch/ccr/link/Lookout.java
    rm -rf "$root/build/make" && mkdir -p "$source" &&
        tar -C "$root" --exclude=./build --exclude=./.git -cf - . | tar -C "$source" -xf - &&
        cmake -S "$source" -B "$other" -G "Unix Makefiles" -DCMAKE_BUILD_TYPE=Release -DCCR_WERROR=ON -DCCR_TESTS=OFF &&
        cmake --build "$other" -j 2 && cmp "$zip" "$other/${zip##*/}" && echo "1: the same bytes" || return 1
    sed -i '1i // This line moves the numbers of all others.' "$source/jni-shim/$class" &&
        cmake --build "$other" -j 2 && ! cmp -s "$zip" "$other/${zip##*/}" &&
        unzip -p "$other/${zip##*/}" '*.jar' | cmp - "$other"/jni-shim/opensearch-cross-cluster-replication-*.jar &&
        ! unzip -p "$zip" '*.jar' | cmp -s - "$other"/jni-shim/opensearch-cross-cluster-replication-*.jar &&
        echo "2: the zip follows its source" || return 1
    cp "$root/jni-shim/$class" "$source/jni-shim/$class" &&
        cmake --build "$other" -j 2 && cmp "$zip" "$other/${zip##*/}" && echo "3: and back: 3 passed, 0 failed"
}

# The preset of those who work on the core builds on its own, without a JDK.
dev_preset() {
    env -u CCR_JDK -u OPENSEARCH_HOME cmake --preset dev && cmake --build --preset dev -j 2
}

make_and_presets() {
    same_zip_from_make && dev_preset && echo "Make, twice more, and the preset dev: 4 passed, 0 failed"
}

lane_package() {
    build_release || { count_lane package 1; return; }
    plain_lane package make_and_presets
}

# assemble from nothing; check on what the release preset has built, so that its tests are not built twice.
gradle_front() {
    (cd gradle-wrapper/gradle/wrapper && sha256sum -c gradle-wrapper.jar.sha256) &&
        gradle --no-daemon --offline -p gradle-wrapper assemble -PcmakeArgs="-G Ninja -DCCR_TESTS=OFF" &&
        cmp "$zip" "build/gradle/${zip##*/}" &&
        gradle --no-daemon --offline -p gradle-wrapper check -PbuildFolder="$build" &&
        grep -q ' 0 tests failed out of [1-9]' "$logs/gradle.log" &&
        echo "the wrapper's jar, the same zip, the tests: 3 passed, 0 failed"
}

lane_gradle() {
    build_release || { count_lane gradle 1; return; }
    plain_lane gradle gradle_front
}

lane_cluster() {
    local status=0 log=$logs/cluster.log summary good bad errors python
    build_release && cluster_environment && python=$(scripts/python-env.sh) || { count_lane cluster 1; return; }
    say "cluster: real OpenSearch clusters; the log is $log"
    mkdir -p "$logs"
    eval "set -- $1"
    # CI: pytest tells each failure's reason whole in its summary.
    CI=1 PYTHONDONTWRITEBYTECODE=1 "$python" -m pytest -p no:cacheprovider -n 2 --dist loadgroup -v tests/cluster "$@" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    # Not simply the last line: a process of its own may say a word while it ends.
    summary=$(grep -aE ' in [0-9.]+s( \([0-9:]+\))?( =+)?$' "$log" | tail -1)
    good=$(grep -oE '[0-9]+ passed' <<<"$summary" | cut -d' ' -f1)
    bad=$(grep -oE '[0-9]+ failed' <<<"$summary" | cut -d' ' -f1)
    errors=$(grep -oE '[0-9]+ error' <<<"$summary" | cut -d' ' -f1)
    [ "$status" -eq 0 ] || reasons=$(sed -n '/short test summary info/,$p' "$log" | head -60 | cut -c1-600)
    count_lane cluster "$status" "${good:-0}" $((${bad:-0} + ${errors:-0}))
}

run_lanes() {
    local lane name start=$SECONDS
    [ $# -gt 0 ] && [ "$1" != all ] || set -- "${lanes_all[@]}"
    for lane in "$@"; do
        packages+=(${packages_of[${lane%%:*}]:-})
        case " ${lanes_all[*]} " in
        *" ${lane%%:*} "*) ;;
        *) echo "ccr: no lane [$lane]; there are: ${lanes_all[*]}" >&2 && return 2 ;;
        esac
    done
    prepare || return 1
    for lane in "$@"; do
        name=${lane%%:*}
        say "$name"
        if [ "$name" = "$lane" ]; then "lane_$name" ""; else "lane_$name" "${lane#*:}"; fi
    done
    [ -z "$reasons" ] || printf '%s\n' "$reasons"
    say "$((SECONDS - start)) seconds${failures[*]:+; failed: ${failures[*]}}"
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}

format_sources() {
    packages+=(${packages_of[tidy]})
    install_packages && git ls-files -z --cached --others --exclude-standard -- '*.c' '*.h' | xargs -0 clang-format -i
}
