#!/bin/sh
# Makes sure that a Chromium is here for the browser tests: the system's own, else Debian's package,
# else the build that Playwright fetches. Prints nothing where one is found.
set -eu
for name in "${HANDFUL_CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-dejavu-core >/dev/null
else
    "${VENV:-.venv}/bin/playwright" install chromium
fi
