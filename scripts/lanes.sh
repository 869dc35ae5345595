# What ./ccr does, one function each. Sourced; uses $root, $build, $zip, $assume_yes.
packages=(cmake ninja-build make gcc libc6-dev libprotobuf-c-dev protobuf-c-compiler protobuf-compiler libzstd-dev liblz4-dev
    libdeflate-dev libcriterion-dev maven unzip python3 python3-pytest clang-format clang-tidy gradle binutils)
logs=$root/build/logs
lanes_all=(unit asan tsan jni tidy package gradle cluster)
passed=0 failed=0
failures=()

say() {
    printf '\033[1m==\033[0m %s\n' "$*"
}

missing_packages() {
    local package
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed' || echo "$package"
    done
}

install_packages() {
    local missing answer sudo=
    missing=$(missing_packages | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    [ "$(id -u)" -eq 0 ] || sudo=sudo
    if [ -n "$sudo" ] && [ -z "$assume_yes" ]; then
        read -r -p "Debian packages are missing: $missing- install them with sudo? [y/N] " answer
        case "$answer" in y | Y | yes) ;; *) echo "ccr: install them first: apt-get install $missing" >&2 && return 1 ;; esac
    fi
    step "installing packages: $missing" packages bash -c "$sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends $missing"
}

# step TEXT LOG COMMAND...: runs quietly with a dot every 5 seconds; on failure shows the end of the log.
step() {
    local text=$1 log=$logs/$2.log pid seconds=0
    shift 2
    mkdir -p "$logs"
    printf '   %s ' "$text"
    "$@" >"$log" 2>&1 </dev/null &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        sleep 1
        seconds=$((seconds + 1))
        [ $((seconds % 5)) -eq 0 ] && printf .
    done
    if wait "$pid"; then
        echo " ok (${seconds}s)"
    else
        echo " FAILED, the end of $log:"
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

configure_and_build() {
    cmake --preset "$1" && cmake --build --preset "$1"
}

build_release() {
    [ -n "${release_is_built:-}" ] && return 0
    step "building the core, the JNI library, the shim and the zip" build configure_and_build release || return 1
    release_is_built=yes
}

# Nodes refuse root, and must be able to read the distribution and the zip.
cluster_environment() {
    if [ "$(id -u)" -eq 0 ]; then
        CCR_TEST_USER=${CCR_TEST_USER:-ccr-test}
        id "$CCR_TEST_USER" >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin "$CCR_TEST_USER" || return 1
        export CCR_TEST_USER
    fi
    export CCR_PLUGIN_ZIP=$zip
}

count() {
    passed=$((passed + ${1:-0}))
    failed=$((failed + ${2:-0}))
}

# A lane that failed without a failed test, or ran none, is a failure of its own.
count_lane() {
    local lane=$1 status=$2 good=${3:-0} bad=${4:-0}
    if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$good" -eq 0 ]; }; then
        bad=1
    fi
    [ "$bad" -eq 0 ] || failures+=("$lane")
    count "$good" "$bad"
    say "$lane: $good passed, $bad failed"
}

# "N passed, N failed" at the end of a log.
closing() {
    local line
    line=$(grep -aoE '[0-9]+ passed, [0-9]+ failed' "$1" | tail -1)
    good=${line%% *}
    bad=$(sed -E 's/.*, ([0-9]+) failed/\1/' <<<"$line")
}

ctest_lane() {
    local lane=$1 preset=$2 status=0 total=0 bad=0
    step "$lane: building" "$lane-build" configure_and_build "$preset" || { count_lane "$lane" 1; return; }
    step "$lane: running" "$lane" ctest --preset "$preset" || status=1
    read -r bad total < <(sed -nE 's/.* ([0-9]+) tests failed out of ([0-9]+).*/\1 \2/p' "$logs/$lane.log")
    count_lane "$lane" "$status" $((${total:-0} - ${bad:-0})) "${bad:-0}"
}

lane_unit() { ctest_lane unit release; }
lane_asan() { ctest_lane asan asan; }
lane_tsan() { ctest_lane tsan tsan; }

lane_jni() {
    local status=0 good=0 bad=0
    build_release || { count_lane jni 1; return; }
    step "jni: running" jni tests/jni/run.sh "$build" "$(find "$build" -name 'ccr_shim*.jar' -o -name 'opensearch-cross*.jar' | head -1)" \
        "$OPENSEARCH_HOME/lib" || status=1
    closing "$logs/jni.log"
    count_lane jni "$status" "${good:-0}" "${bad:-0}"
}

lane_tidy() {
    local status=0 good=0 bad=0
    build_release || { count_lane tidy 1; return; }
    step "tidy: running" tidy python3 tests/tidy/tidy.py --library "$(find "$build" -name libccr_jni.so | head -1)" --zip "$zip" \
        --compile-commands "$build" || status=1
    closing "$logs/tidy.log"
    count_lane tidy "$status" "${good:-0}" "${bad:-0}"
}

same_zip_from_make() {
    local other=$root/build/make
    rm -rf "$other"
    cmake -S "$root" -B "$other" -G "Unix Makefiles" -DCMAKE_BUILD_TYPE=Release -DCCR_WERROR=ON -DCCR_TESTS=OFF &&
        cmake --build "$other" -j 2 && cmp "$zip" "$other/$(basename "$zip")" && echo "the same bytes"
}

lane_package() {
    build_release || { count_lane package 1; return; }
    if step "package: again, in another folder, with Make" package same_zip_from_make; then count_lane package 0 1; else count_lane package 1; fi
}

gradle_front() {
    local jar=gradle-wrapper/gradle/wrapper/gradle-wrapper.jar
    echo "55243ef57851f12b070ad14f7f5bb8302daceeebc5bce5ece5fa6edb23e1145c  $jar" | sha256sum -c - &&
        gradle --no-daemon --offline -p gradle-wrapper assemble check &&
        cmp "$zip" "build/gradle/$(basename "$zip")"
}

lane_gradle() {
    build_release || { count_lane gradle 1; return; }
    if step "gradle: assemble and check" gradle gradle_front; then count_lane gradle 0 1; else count_lane gradle 1; fi
}

lane_cluster() {
    local status=0 good bad errors log=$logs/cluster.log
    build_release && cluster_environment || { count_lane cluster 1; return; }
    say "cluster: real OpenSearch clusters, some minutes"
    mkdir -p "$logs"
    eval "set -- $1"
    env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -p no:cacheprovider tests/cluster "$@" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    good=$(tail -1 "$log" | grep -oE '[0-9]+ passed' | cut -d' ' -f1)
    bad=$(tail -1 "$log" | grep -oE '[0-9]+ failed' | cut -d' ' -f1)
    errors=$(tail -1 "$log" | grep -oE '[0-9]+ error' | cut -d' ' -f1)
    count_lane cluster "$status" "${good:-0}" $((${bad:-0} + ${errors:-0}))
}

run_lanes() {
    local lane name start=$SECONDS
    [ $# -gt 0 ] || set -- "${lanes_all[@]}"
    for lane in "$@"; do
        case " ${lanes_all[*]} " in *" ${lane%%:*} "*) ;; *) echo "ccr: no lane [$lane]; there are: ${lanes_all[*]}" >&2 && return 2 ;; esac
    done
    prepare || return 1
    for lane in "$@"; do
        name=${lane%%:*}
        say "$name"
        if [ "$name" = "$lane" ]; then "lane_$name" ""; else "lane_$name" "${lane#*:}"; fi
    done
    say "$((SECONDS - start)) seconds${failures[*]:+; failed: ${failures[*]}}"
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
