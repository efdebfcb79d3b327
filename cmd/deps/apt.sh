#!/bin/sh
# Installs PostgreSQL and pgvector on Debian and Ubuntu. Run by postgres.sh when something is missing.
# Where the distribution packages a new enough pgvector, that package is taken; elsewhere pgvector is
# compiled from a newer release's source package, fetched through a private list of sources so that
# the system's own apt stays as it is.
set -eu
exec </dev/null

. "$(cd "$(dirname "$0")" && pwd)/versions.sh"
. /etc/os-release

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "deps: root is needed to install packages, and sudo is missing: run 'make deps' as root once" >&2
		exit 1
	fi
}

install_packages() {
	as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
		apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@" >&2
}

# candidate PACKAGE: the version apt would install, or nothing.
candidate() {
	LC_ALL=C apt-cache policy "$1" | sed -n 's/^  Candidate: //p' | grep -v '^(none)$' || true
}

# major: the PostgreSQL to use, newest installed first, else the distribution's own.
major() {
	for bin in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV); do
		if [ -x "$bin/postgres" ]; then
			basename "$(dirname "$bin")"
			return
		fi
	done
	apt-cache show postgresql | sed -n 's/^Depends:.*postgresql-\([0-9][0-9]*\).*/\1/p' | sort -rV | head -n 1
}

# compile_pgvector MAJOR builds the source package of a newer release against PostgreSQL MAJOR.
compile_pgvector() {
	case " $ID ${ID_LIKE:-} " in
	*" ubuntu "*) suite=resolute components='main universe' origin=Ubuntu keyring=ubuntu-archive-keyring.gpg ;;
	*) suite=trixie components=main origin=Debian keyring=debian-archive-keyring.gpg ;;
	esac
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Origin: $origin" \
		"Codename: ${UBUNTU_CODENAME:-${VERSION_CODENAME:-}}" | head -n 1)
	if [ -z "$mirror" ]; then
		echo "deps: apt knows no $origin mirror to take pgvector's source from: install pgvector $PGVECTOR_MIN by hand" >&2
		exit 1
	fi
	install_packages build-essential dpkg-dev "postgresql-server-dev-$1"

	work=$(mktemp -d)
	trap 'as_root rm -rf "$work"' EXIT
	mkdir -p "$work/lists/partial"
	cat >"$work/vector.sources" <<-SOURCES
		Types: deb-src
		URIs: $mirror
		Suites: $suite
		Components: $components
		Signed-By: /usr/share/keyrings/$keyring
	SOURCES
	cd "$work"
	private_apt() {
		apt-get -qq -o Dir::Etc::sourcelist="$work/vector.sources" -o Dir::Etc::sourceparts=/nonexistent \
			-o Dir::State::lists="$work/lists" -o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache= \
			-o APT::Sandbox::User="$(id -un)" "$@" >&2
	}
	private_apt update
	private_apt source pgvector
	cd pgvector-*/
	# No machine-specific code, so that an image built here runs elsewhere; no bitcode, which only JIT reads.
	set -- OPTFLAGS= with_llvm=no PG_CONFIG="/usr/lib/postgresql/$1/bin/pg_config"
	make -s "$@" >&2
	as_root make -s "$@" install >&2
}

as_root apt-get -qq -o DPkg::Lock::Timeout=300 update >&2
postgres=$(major)
if [ "${postgres:-0}" -lt "$POSTGRES_MIN" ]; then
	echo "deps: this release has PostgreSQL ${postgres:-none}; $POSTGRES_MIN or newer is needed: upgrade, or add the PostgreSQL project's own apt repository" >&2
	exit 1
fi
if at_least "$(candidate "postgresql-$postgres-pgvector")" "$PGVECTOR_MIN"; then
	install_packages "postgresql-$postgres" "postgresql-$postgres-pgvector"
else
	install_packages "postgresql-$postgres"
	compile_pgvector "$postgres"
fi
