#!/bin/sh
# Installs Chromium on Debian and Ubuntu where no browser of its kind is found. Where it can't, it says so
# and succeeds: the tests that look at pages are skipped then.
set -eu
exec </dev/null

for name in chromium chromium-browser google-chrome "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
	if command -v "$name" >/dev/null; then
		exit 0
	fi
done
without() {
	echo "browser: $1: the tests that look at the console's pages are skipped; install Chromium" >&2
	exit 0
}
command -v apt-get >/dev/null || without "this system's packages are not known here"
root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || without "root is needed to install packages, and sudo is missing"
	root=sudo
fi
echo "browser: Chromium is missing; installing it" >&2
$root apt-get -qq -o DPkg::Lock::Timeout=300 update >&2 || without "apt could not update"
$root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install -y --no-install-recommends chromium >&2 ||
	without "apt could not install chromium"
