"""Build .venv from the hash-pinned requirements; quick when nothing changed.

Runs on the system's Python with the standard library alone:

    python3 tools/bootstrap.py runtime|dev|browser

`runtime` is what the platform needs, `dev` adds what tests and checks need, `browser` is Chromium
for the browser tests. A stamp per requirements hash in .venv/.stamps says what is installed
already. Packages are only added, so that several work trees may share one .venv by a link.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / ".stamps"
REQUIREMENTS = ROOT / "requirements"
NODE_MAJOR_MIN = 20
LAUNCHER = """\
#!{python}
import sys

sys.path.insert(0, {root!r})
from fairhouse.app.__main__ import main

sys.exit(main())
"""


def say(text: str) -> None:
    """Tell the person at the terminal what happens now."""
    print(f"  \033[36m·\033[0m {text}" if sys.stdout.isatty() else f"  · {text}", flush=True)


def fail(text: str) -> None:
    """Stop with a message that names the fix."""
    sys.exit(f"\n  Fairhouse cannot be set up: {text}\n")


def run(*command: str | Path) -> None:
    """Run a command with its progress visible; stop when it fails."""
    result = subprocess.run([str(part) for part in command], cwd=ROOT, check=False)
    if result.returncode:
        fail(f"`{' '.join(str(part) for part in command)}` ended with {result.returncode}.")


def stamp_of(name: str, source: Path) -> Path:
    """The stamp that exists when `source` in its present form is installed."""
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:20]
    return STAMPS / f"{name}-{digest}"


def make_venv() -> None:
    """Create .venv, also where Debian ships Python without ensurepip."""
    if PYTHON.exists():
        return
    say(f"creating .venv with Python {sys.version.split()[0]}")
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    has_pip = subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, check=False
    )
    if has_pip.returncode:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        fail(
            "this Python has neither ensurepip nor pip. On Debian or Ubuntu run "
            f"`apt-get install python{version}-venv`, then the same make command again."
        )
    run(sys.executable, "-m", "venv", "--without-pip", VENV)


def install_uv() -> Path:
    """Put uv into .venv, checked against its pinned hashes."""
    uv = VENV / "bin" / "uv"
    source = REQUIREMENTS / "bootstrap.txt"
    stamp = stamp_of("uv", source)
    if stamp.exists() and uv.exists():
        return uv
    say("installing uv")
    pip = [str(PYTHON), "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode:
        pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    run(*pip, "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", source)
    stamp.touch()
    return uv


def install_packages(uv: Path, group: str) -> None:
    """Install the pinned packages of `group` unless they are there already."""
    dev = stamp_of("dev", REQUIREMENTS / "dev.txt")
    runtime = stamp_of("runtime", REQUIREMENTS / "runtime.txt")
    wanted = dev if group == "dev" else runtime
    if wanted.exists() or (dev.exists() and group == "runtime"):
        return
    say(f"installing the {group} packages (the first time takes a minute)")
    command: list[str | Path] = [uv, "pip", "install", "--python", PYTHON, "--require-hashes"]
    run(*command, "-r", REQUIREMENTS / f"{group}.txt")
    wanted.touch()


def install_command() -> None:
    """Put `fairhouse` into .venv/bin: it runs the sources beside .venv, whatever the folder."""
    command = VENV / "bin" / "fairhouse"
    python, root = PYTHON.parent.resolve() / "python", VENV.resolve().parent
    text = LAUNCHER.format(python=python, root=str(root))
    if not command.exists() or command.read_text() != text:
        command.write_text(text)
        command.chmod(0o755)


def install_node(uv: Path) -> None:
    """Install Node from PyPI's wheel when the system has none that is new enough."""
    found = shutil.which("node")
    if found and shutil.which("npm"):
        answer = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
        major = answer.stdout.strip().removeprefix("v").split(".")[0]
        if major.isdigit() and int(major) >= NODE_MAJOR_MIN:
            return
    source = REQUIREMENTS / "node.txt"
    stamp = stamp_of("node", source)
    if stamp.exists():
        return
    say("installing Node (the system has none of version 20 or later)")
    run(uv, "pip", "install", "--python", PYTHON, "--require-hashes", "-r", source)
    stamp.touch()


def install_node_modules(group: str) -> None:
    """Install the Node packages: the local chain, and for dev the checks and a compiler."""
    lock = ROOT / "package-lock.json"
    modules = ROOT / "node_modules"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:20]
    dev = modules / f".stamp-dev-{digest}"
    wanted = modules / f".stamp-{group}-{digest}"
    if wanted.exists() or dev.exists() or modules.is_symlink():
        return
    say("installing the Node packages (local chain)")
    only = [] if group == "dev" else ["--omit=dev"]
    run(PYTHON, "-m", "tools.node", "npm", "ci", "--loglevel=error", "--ignore-scripts", *only)
    wanted.touch()


def install_browser() -> None:
    """Install Debian's Chromium for the browser tests when we may; say so when we may not."""
    if any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        say("no Chromium: the browser tests will be SKIPPED (as root: apt-get install chromium)")
        return
    say("installing Chromium for the browser tests")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    run("apt-get", "update", "-qq")
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")


def main() -> None:
    """Set up what the first argument names."""
    group = sys.argv[1] if len(sys.argv) > 1 else "dev"
    if group == "browser":
        install_browser()
        return
    if group not in {"runtime", "dev"}:
        fail(f"unknown group {group!r}; it is runtime, dev or browser.")
    started = time.monotonic()
    os.chdir(ROOT)
    (ROOT / ".cache").mkdir(exist_ok=True)
    lock_place = VENV.resolve().parent / ".cache"
    lock_place.mkdir(exist_ok=True)
    with (lock_place / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_venv()
        STAMPS.mkdir(exist_ok=True)
        uv = install_uv()
        install_packages(uv, group)
        install_command()
        install_node(uv)
        install_node_modules(group)
    took_s = time.monotonic() - started
    if took_s > 2:
        say(f"environment ready ({took_s:.0f} s)")


if __name__ == "__main__":
    main()
