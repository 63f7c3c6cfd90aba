#!/bin/sh
# Runs one file of tests with a Python that has numpy and pytest: run.sh LIBRARY PROGRAM FILE
set -eu
here=$(cd "$(dirname "$0")" && pwd)
export CYCLONE_LIBRARY="$1" CYCLONE_PROGRAM="$2" PYTHONPATH="$here/../../src/python" PYTHONDONTWRITEBYTECODE=1
for python in "${PYTHON:-python3}" python3 /usr/bin/python3; do
    if "$python" -c 'import numpy, pytest' 2>/dev/null; then
        exec "$python" -m pytest -q -rs -p no:cacheprovider "$here/$3"
    fi
done
echo "SKIPPED: no Python with numpy and pytest (Debian: python3-numpy python3-pytest)"
