"""Compile the Solidity sources beside this file with npm's solc.

    python -m devnet.contracts.build

The results are checked in, so that running the devnet needs no compiler; a test compiles again and
compares.
"""

import json
import subprocess
from pathlib import Path
from typing import Any, Final, cast

from tools.node import command_of, environment

FOLDER: Final = Path(__file__).parent
ROOT: Final = FOLDER.parent.parent
ARTIFACTS: Final = FOLDER / "artifacts.json"

# stdin to stdout through the compiler's standard JSON interface.
_SCRIPT: Final = """
const solc = require('solc');
process.stdout.write(solc.compile(require('fs').readFileSync(0, 'utf8')));
"""


def compile_all() -> dict[str, dict[str, Any]]:
    """{contract: {abi, bytecode}} of every source; stops with the compiler's own words."""
    sources = {path.name: {"content": path.read_text()} for path in sorted(FOLDER.glob("*.sol"))}
    request = {
        "language": "Solidity",
        "sources": sources,
        "settings": {
            "optimizer": {"enabled": True, "runs": 200},
            "evmVersion": "cancun",
            "metadata": {"bytecodeHash": "none"},
            "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}},
        },
    }
    done = subprocess.run(
        [*command_of("node"), "-e", _SCRIPT],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment(),
    )
    answer = json.loads(done.stdout)
    errors = [item for item in answer.get("errors", []) if item["severity"] == "error"]
    if errors:
        raise SystemExit("\n".join(item["formattedMessage"] for item in errors))
    found: dict[str, dict[str, Any]] = {}
    for source, contracts in answer["contracts"].items():
        name = source.removesuffix(".sol")
        built = contracts[name]
        found[name] = {"abi": built["abi"], "bytecode": "0x" + built["evm"]["bytecode"]["object"]}
    return found


def bytecode(contract: str) -> str:
    """The creation code of a contract as checked in, hex with 0x."""
    artifacts = cast("dict[str, dict[str, str]]", json.loads(ARTIFACTS.read_text()))
    return artifacts[contract]["bytecode"]


def main() -> None:
    """Write the artifacts."""
    ARTIFACTS.write_text(json.dumps(compile_all(), indent=1) + "\n")


if __name__ == "__main__":
    main()
