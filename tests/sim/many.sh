#!/usr/bin/env bash
# many.sh FROM COUNT [LOG]: runs seeds in chunks of 5 000 at the lowest priority. After each chunk a line in LOG tells how
# many seeds passed so far, so an interrupted run counts what it did. Ends at the first seed that fails.
set -u
cd "$(dirname "$0")/../.." || exit 1
sim=${CCR_SIM:-build/release/tests/ccr_sim} from=$1 count=$2 log=${3:-build/logs/sim-many.log} chunk=5000 done=0
mkdir -p "$(dirname "$log")"
echo "$(date -u +%FT%TZ) seeds $from to $((from + count - 1)) of $(git rev-parse --short HEAD)" >>"$log"
while [ "$done" -lt "$count" ]; do
    [ $((count - done)) -ge $chunk ] || chunk=$((count - done))
    if ! nice -n 19 "$sim" --seeds $((from + done)) $chunk >"$log.chunk" 2>&1; then
        cat "$log.chunk" >>"$log"
        echo "$(date -u +%FT%TZ) $done passed, 1 failed" >>"$log"
        exit 1
    fi
    done=$((done + chunk))
    echo "$(date -u +%FT%TZ) $done passed: $(grep 'simulated seconds' "$log.chunk")" >>"$log"
done
echo "$done passed, 0 failed" | tee -a "$log"
