#!/bin/sh
# Makes sure that this machine has PostgreSQL and pgvector, and installs what is missing.
# Does nothing, quickly, when both are there. PGBIN names the one bin directory to use.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/versions.sh"

# bin_directories prints where PostgreSQL's programs may be, in the order in which the
# embedded server prefers them (eventstore/pgserver looks in the same places).
bin_directories() {
	if [ -n "${PGBIN:-}" ]; then
		echo "$PGBIN"
		return
	fi
	ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin \
		/usr/local/opt/postgresql@*/bin 2>/dev/null | sort -rV || true
	dirname "$(command -v pg_config 2>/dev/null)" 2>/dev/null || true
}

# ready holds when one PostgreSQL here is new enough and has a pgvector that is.
ready() {
	for bin in $(bin_directories); do
		[ -x "$bin/postgres" ] && [ -x "$bin/initdb" ] && [ -x "$bin/pg_config" ] || continue
		postgres=$("$bin/pg_config" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
		[ "$postgres" -ge "$POSTGRES_MIN" ] || continue
		control=$("$bin/pg_config" --sharedir)/extension/vector.control
		[ -r "$control" ] || continue
		vector=$(sed -n "s/^default_version = '\(.*\)'/\1/p" "$control")
		at_least "$vector" "$PGVECTOR_MIN" && return
	done
	return 1
}

if ready; then
	exit 0
fi
wanted="PostgreSQL $POSTGRES_MIN or newer with pgvector $PGVECTOR_MIN or newer"
if [ -n "${PGBIN:-}" ]; then
	echo "deps: PGBIN=$PGBIN holds no $wanted; unset it, or name the directory of one that does" >&2
	exit 1
fi
echo "deps: $wanted is missing; installing it" >&2
if command -v apt-get >/dev/null; then
	sh "$here/apt.sh"
elif command -v brew >/dev/null; then
	brew install postgresql@17 pgvector
else
	echo "deps: this system's packages are not known here: install $wanted, then run this again" >&2
	echo "deps: (packages are usually called postgresql-server and pgvector; where pg_config is elsewhere, set PGBIN)" >&2
	exit 1
fi
if ! ready; then
	echo "deps: the packages were installed, yet $wanted was not found; set PGBIN to the directory of its programs" >&2
	exit 1
fi
