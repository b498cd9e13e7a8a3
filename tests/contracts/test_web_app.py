"""The web app's own checks, its lock file, and its agreement with the player API."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fairhouse.app.openapi import document

ROOT = Path(__file__).resolve().parent.parent.parent
WEB = ROOT / "web"
GENERATOR = "web/node_modules/openapi-typescript/bin/cli.js"
NOT_INSTALLED = "the web app's packages are not installed: run `make web`"

installed = pytest.mark.skipif(not (WEB / "node_modules/vite").is_dir(), reason=NOT_INSTALLED)


def run(*command: str) -> None:
    """Run a tool of Node's; its output is the failure's message."""
    whole = [sys.executable, "-m", "tools.node", *command]
    done = subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}\n{done.stdout}{done.stderr}", pytrace=False)


def npm(script: str) -> None:
    """Run one of the web app's scripts."""
    run("npm", "--prefix", "web", "--silent", "run", script)


@installed
def test_types_and_markup_hold():
    npm("check")


@installed
def test_units_vectors_and_catalogues_hold():
    npm("test")


@installed
def test_the_offline_verifier_is_one_file_and_the_same_every_time(tmp_path: Path):
    made: list[bytes] = []
    for name in ("first", "second"):
        build = ("npm", "--prefix", "web", "--silent", "run", "build:verifier")
        run(*build, "--", "--outDir", str(tmp_path / name))
        made.append((tmp_path / name / "verify.html").read_bytes())
    page = made[0].decode()
    said = json.loads((tmp_path / "first" / "verify.json").read_text())
    [script] = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

    assert made[0] == made[1]
    assert {"sha256": hashlib.sha256(made[0]).hexdigest(), "bytes": len(made[0])} == said
    assert f"default-src 'none'; script-src 'sha256-{digest}'" in page
    assert [] == re.findall(r'(?:src|href)="[^"#]', page.replace(script, ""))


@installed
def test_the_client_is_generated_from_the_document(tmp_path: Path):
    made = tmp_path / "schema.d.ts"

    run("node", GENERATOR, "web/openapi.json", "-o", str(made))

    assert made.read_text() == (WEB / "src/api/schema.d.ts").read_text()


def test_the_document_is_the_apis():
    assert document() == json.loads((WEB / "openapi.json").read_text())


def test_the_lock_file_has_versions_and_no_addresses():
    packages = json.loads((WEB / "package-lock.json").read_text())["packages"]

    assert [] == [name for name, found in packages.items() if "resolved" in found]
    assert [] == [name for name, found in packages.items() if name and "version" not in found]
    assert "://" not in (WEB / "package-lock.json").read_text()


def test_versions_are_exact():
    package = json.loads((WEB / "package.json").read_text())
    wanted = {**package["dependencies"], **package["devDependencies"], **package["overrides"]}

    assert {} == {name: text for name, text in wanted.items() if not text[0].isdigit()}
