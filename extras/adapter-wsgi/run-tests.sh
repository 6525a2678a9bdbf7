#!/usr/bin/env bash
# All tests of this crate. Python's packages, and the source distributions whose tests are run, come
# from PyPI into a virtual environment below the target directory.
set -euo pipefail
cd "$(dirname "$0")"

target=${CARGO_TARGET_DIR:-$PWD/target}
venv=$target/venv sources=$target/sources
python=${PYTHON:-python3}

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
"$venv/bin/pip" install --quiet --requirement requirements.txt
PYTHONPATH=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
export PYTHONPATH PYO3_PYTHON=$venv/bin/python PYTHONDONTWRITEBYTECODE=1

echo "== the crate"
cargo fmt --check
cargo clippy --all-targets --locked -- -D warnings
cargo test --locked

echo "== the extension module"
(
    cd extension
    cargo fmt --check
    export CARGO_TARGET_DIR=$target/extension
    PATH="$venv/bin:$PATH" maturin build --quiet --locked --profile dev --out "$target/wheels" \
        --interpreter "$venv/bin/python"
)
"$venv/bin/pip" install --quiet --force-reinstall --no-deps "$target"/wheels/gateway_rust-*.whl
unset PYTHONPATH
"$venv/bin/python" -m pytest -q -p no:cacheprovider tests/extension

echo "== Flask's and Werkzeug's tests"
mkdir -p "$sources"
if [ -z "$(ls -A "$sources")" ]; then
    "$venv/bin/pip" download --quiet --no-deps --no-binary :all: --dest "$sources" \
        $(grep -E '^(flask|werkzeug)' requirements.txt | sed 's/\[async\]//')
    for archive in "$sources"/*.tar.gz; do tar -xzf "$archive" -C "$sources"; done
fi
"$venv/bin/python" tests/suites/run.py "$sources"
