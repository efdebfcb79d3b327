# Sourced by the scripts beside it: the oldest versions that will do.

POSTGRES_MIN=15
PGVECTOR_MIN=0.8 # 0.8 brought iterative scans, without which a filtered search loses rows

# at_least A B: dotted version A is B or newer.
at_least() {
	[ -n "$1" ] && [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}
