#!/bin/sh
# Makes sure that strace is here: the test that nothing leaves the machine watches through it.
# Prints nothing where it is found.
set -eu
if command -v strace >/dev/null 2>&1; then exit 0; fi
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq strace >/dev/null
else
    echo "The tests need strace; try: sudo apt-get install strace" >&2
    exit 1
fi
