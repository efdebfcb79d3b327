#!/bin/sh
# Fetches what the console's pages are bundled with, with npm, into a folder (.gifty/web unless one is named):
#   htmx/   parts of pages that renew themselves (0BSD)
#   uplot/  charts (MIT)
#   inter/  the typeface, Latin and Cyrillic (OFL-1.1)
# All come together or not at all, and are never asked for twice. Without npm or without a network this
# says so and succeeds: the console then says what is missing.
set -eu

HTMX=htmx.org@2.0.11
HTMX_SHA512=4e1c7f5ada5e390a92aea042c3f0357301891a0e14ad56b7fac5b41a6accde9e202603bcf5e707e2ab5b9f2cc30d616f053aa39c83028042d336deb7e9db5a98
UPLOT=uplot@1.6.32
UPLOT_SHA512=2883159c6ebccefbb95d751b0b82d010f9e1c0ec41b8bc96d401eda66e882935c89a46cb824332fa369b8cb8122cc6ac36e186cd09bf7a9ded3a4c93c6989023
INTER=@fontsource-variable/inter@5.3.0
INTER_SHA512=3aea4be3cbdae093687dbf7bc3a358785f52ed6fe41cd28cd04afc0de9b99ea8b88de38bad5243a04f2d644a673099ad92f35b0751083cfc0771d905e9bd6850

here=$(cd "$(dirname "$0")" && pwd)
. "$here/npm.sh"
web=${1:-"$(cd "$here/../.." && pwd)/.gifty/web"}
wanted="$HTMX $HTMX_SHA512
$UPLOT $UPLOT_SHA512
$INTER $INTER_SHA512"

# complete holds when the folder has what this very script fetches.
complete() {
	[ "$(cat "$web/packages" 2>/dev/null)" = "$wanted" ]
}

without() {
	echo "web: $1: the console at /console stays without its scripts; run 'make console' again to try again" >&2
	exit 0
}

if complete; then
	exit 0
fi
if [ ! -e "$web/packages" ] && [ -n "$(ls -A "$web" 2>/dev/null)" ]; then
	echo "web: $web holds something else: name an empty or a new folder" >&2
	exit 1
fi
command -v npm >/dev/null || without "npm is missing"

mkdir -p "$(dirname "$web")"
new=$(mktemp -d "$web.XXXXXX")
trap 'rm -rf "$new"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$new"
unpack "$HTMX" "$HTMX_SHA512" "$new/htmx" LICENSE htmx.esm.js=dist/htmx.esm.js
unpack "$UPLOT" "$UPLOT_SHA512" "$new/uplot" LICENSE uPlot.esm.js=dist/uPlot.esm.js uPlot.css=dist/uPlot.min.css
unpack "$INTER" "$INTER_SHA512" "$new/inter" LICENSE latin.woff2=files/inter-latin-wght-normal.woff2 cyrillic.woff2=files/inter-cyrillic-wght-normal.woff2
chmod -R u=rwX,go=rX "$new"
echo "$wanted" >"$new/packages"

if ! complete; then # another run may have been faster
	rm -rf "$web"
	mv "$new" "$web"
fi
