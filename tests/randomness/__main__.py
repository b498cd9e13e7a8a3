"""`python -m tests.randomness`: dieharder and ent on our streams, raw and scaled.

Both are Debian packages (`apt-get install dieharder ent`); a battery that is not installed is
skipped and says so. FAIRHOUSE_DIEHARDER=all runs every test of dieharder, which reads hundreds of
gigabytes and takes days; otherwise the quick ones, in minutes. All p-values together are held to
99 % (Holm); what dieharder itself calls FAILED fails.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.randomness import statistics

BYTES = int(os.environ.get("FAIRHOUSE_BATTERY_BYTES", "20000000"))
STREAMS = {
    "raw bytes": (),
    "scaled dice": ("--game", "dice"),
    "scaled roulette": ("--game", "roulette"),
    "scaled cards": ("--game", "hilo"),
}
QUICK: Sequence[tuple[str, ...]] = (
    ("-d", "100"),  # sts_monobit
    ("-d", "101"),  # sts_runs
    ("-d", "0", "-t", "20"),  # diehard_birthdays
    ("-d", "8", "-t", "64000", "-p", "10"),  # diehard_count_1s_stream
    ("-d", "15", "-p", "20"),  # diehard_runs
    ("-d", "102", "-t", "10000", "-p", "10"),  # sts_serial
    ("-d", "204", "-p", "100"),  # rgb_kstest_test
)
RAW_ONLY_FROM = 3
"""Scaled outcomes are made at a tenth of the speed: they get the first tests alone."""


@dataclass(frozen=True)
class Verdict:
    """What one battery says of one stream."""

    name: str
    p: float
    failed: bool = False


def stream_command(*options: str) -> list[str]:
    """Ours, as anybody can run it."""
    return [sys.executable, "-m", "fairhouse.app", "fairness", "stream", "--raw", *options]


def piped(options: Sequence[str], battery: Sequence[str]) -> str:
    """What the battery prints."""
    with subprocess.Popen(stream_command(*options), stdout=subprocess.PIPE) as ours:
        done = subprocess.run(
            battery, stdin=ours.stdout, capture_output=True, text=True, check=False
        )
        ours.kill()
    return done.stdout


def ent(name: str, options: Sequence[str]) -> Iterator[Verdict]:
    """Chi-square of the bytes, their mean, and their serial correlation."""
    limited = (*options, "--bytes", str(BYTES if not options else BYTES // 10))
    fields = piped(limited, ["ent", "-t"]).splitlines()[-1].split(",")
    size, chi_square, mean, correlation = (
        int(fields[1]),
        *map(float, (fields[3], fields[4], fields[6])),
    )
    yield Verdict(f"ent chi-square, {name}", statistics.chi_square_tail(chi_square, 255))
    spread = (65_535 / 12 / size) ** 0.5
    yield Verdict(f"ent mean, {name}", statistics.two_sided((mean - 127.5) / spread))
    yield Verdict(f"ent serial correlation, {name}", statistics.two_sided(correlation * size**0.5))


def dieharder(name: str, options: Sequence[str]) -> Iterator[Verdict]:
    """Each test's p-value, and its own word for it."""
    if os.environ.get("FAIRHOUSE_DIEHARDER") == "all":
        chosen: Sequence[tuple[str, ...]] = (("-a",),)
    else:
        chosen = QUICK[:RAW_ONLY_FROM] if options else QUICK
    for test in chosen:
        printed = piped(options, ["dieharder", "-g", "200", "-D", "test_name", "-D", "ntuple",
                                  "-D", "pvalues", "-D", "assessment", *test])  # fmt: skip
        for line in printed.splitlines():
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) >= 4 and cells[-1] in {"PASSED", "WEAK", "FAILED"}:
                label = f"dieharder {cells[0]} {cells[1]}, {name}"
                yield Verdict(label, float(cells[-2]), cells[-1] == "FAILED")


def main() -> int:
    """0 when nothing fails."""
    found: list[Verdict] = []
    for battery, run in (("ent", ent), ("dieharder", dieharder)):
        if shutil.which(battery) is None:
            print(f"{battery} is not installed: SKIPPED (apt-get install {battery})")
            continue
        for name, options in STREAMS.items():
            for verdict in run(name, options):
                print(f"{verdict.p:10.6f}  {verdict.name}", flush=True)
                found.append(verdict)
    bad = [verdict.name for verdict in found if verdict.failed]
    bad += statistics.holm({verdict.name: verdict.p for verdict in found}, 0.01)
    print(f"{len(found)} tests, {len(bad)} failed at 99 %", *bad, sep="\n  ")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
