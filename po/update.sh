#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# po/update.sh: write po/loom.pot anew from the sources, and carry it into every catalogue. Then
# translate what is empty. tests/policy/catalogues.py says what is missing.
# po/update.sh --print: only show what loom.pot would be.
set -eu
cd -- "$(dirname -- "$0")/.."

new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

# No message is a printf format, though "% o" looks like one; lines and dates would only change.
xgettext --keyword=N_ --from-code=UTF-8 --language=C --add-comments=Translators: \
    --add-location=file --package-name=loom --files-from=po/POTFILES --output="$new/loom.pot"
sed -i -e '/^"POT-Creation-Date:/d' -e '/^#, c-format$/d' -e 's/charset=CHARSET/charset=UTF-8/' \
    -e '1,4d' "$new/loom.pot"
sed -i '1i # SPDX-License-Identifier: Apache-2.0\n# Written by po/update.sh: change the sources instead.\n#' "$new/loom.pot"
if [ "${1:-}" = --print ]; then
    cat "$new/loom.pot"
    exit
fi
cp "$new/loom.pot" po/loom.pot
for po in po/*.po; do
    [ -e "$po" ] || continue
    msgmerge --quiet --no-fuzzy-matching --add-location=file --output-file="$new/po" "$po" po/loom.pot
    msgattrib --no-obsolete --output-file="$po" "$new/po"
done
