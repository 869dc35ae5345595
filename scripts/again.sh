#!/usr/bin/env bash
# again.sh COMMAND...: runs it, and twice more if need be: what comes over a network may fail for a moment.
set -u
for pause in 5 20 0; do
    "$@" && exit 0
    status=$?
    if [ "$pause" -eq 0 ] || [ "$status" -eq 127 ]; then # 127: there is no such command
        exit "$status"
    fi
    echo "again: $1 has failed with status $status; once more in $pause s" >&2
    sleep "$pause"
done
