"""Serves app.py in a virtual environment of its own: serve.py <environment> <files>.

The environment is made at the first run. Prints the port, and serves until its standard input ends.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    environment, files = Path(sys.argv[1]), sys.argv[2]
    binaries = environment / ("Scripts" if os.name == "nt" else "bin")
    python = binaries / "python"
    requirements = HERE / "requirements.txt"
    stamp = environment / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != requirements.read_text():
        venv.create(environment, with_pip=True, clear=True)
        install = [python, "-m", "pip", "install", "--quiet", "--requirement", requirements]
        subprocess.run(install, check=True, stdout=sys.stderr)
        stamp.write_text(requirements.read_text())
    os.execv(python, [str(python), str(HERE / "app.py"), files])


main()
