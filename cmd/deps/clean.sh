#!/bin/sh
# Ends the server that the tests leave running for one another (eventstore/pgtest), and removes its data.
set -eu

# works_in PID DIR: the process is the postmaster of the cluster in DIR. After a crash the number in the
# pid file may be another program's.
works_in() {
	if [ -e /proc/self/cwd ]; then
		[ "$(readlink "/proc/$1/cwd")" = "$2" ]
	else
		ps -o command= -p "$1" | grep -qF -- "-D $2"
	fi
}

for dir in "/dev/shm/gifty-test-$(id -u)" "${TMPDIR:-/tmp}/gifty-test-$(id -u)"; do
	data=$(cd "$dir/postgres/data" 2>/dev/null && pwd -P) || continue
	pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null || true)
	if [ -n "$pid" ] && works_in "$pid" "$data"; then
		kill -INT "$pid"
		while works_in "$pid" "$data" 2>/dev/null; do sleep 0.1; done
	fi
	rm -rf "$dir" "${data%/data}"
done
