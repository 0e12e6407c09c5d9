# SPDX-License-Identifier: Apache-2.0
"""Troupe beside CometBFT, and beside whatever else has a program for it: the
table of tests/bench/README.md."""

import argparse
import os
import platform
import resource
import sys
import time
from pathlib import Path

import cost
import latency
import oneway
import peers
from plan import Plan, excused
from programs import CORES, HEAP, Contestant
from report import TROUPE, say

# In the order of a run.
PARTS = {
    "conn": oneway.connections,
    "node": oneway.nodes,
    "layers": cost.layers,
    "echo": latency.echo,
    "prio": latency.priority,
    "hs": latency.handshakes,
    "mem": peers.memory,
    "bcast": peers.broadcast,
    "channels": cost.channels,
    "crowd": peers.crowd,
}
# Takes minutes and gigabytes, so only by name.
BY_NAME = {"crowd"}
TREE = Path(__file__).resolve().parents[4]


def options():
    parser = argparse.ArgumentParser(
        prog="tests/bench/versus/compare", description=__doc__)
    parser.add_argument("what", nargs="*", metavar="quick|PART",
                        help="quick: shorter rounds, and fewer; parts: "
                             + ", ".join(PARTS) + " (all but crowd)")
    parser.add_argument("--rounds", type=int, metavar="N",
                        help="of every measurement, instead of its own number")
    parser.add_argument("--peers", type=int, default=9000, metavar="N",
                        help="of the part crowd (9000)")
    parser.add_argument("--build", default=TREE / "build/release", type=Path,
                        metavar="FOLDER", help="where bin/perf_troupe is")
    parser.add_argument("--only", metavar="NAME,...",
                        help="of CometBFT and TCP only these: v0.38, v0.40, tcp")
    parser.add_argument("--with", action="append", default=[], dest="others",
                        metavar="NAME=PROGRAM[,LEVEL...]",
                        help="one more program, and which levels it has (all)")
    result = parser.parse_intermixed_args()
    for word in result.what:
        if word != "quick" and word not in PARTS:
            parser.error(f"there is no part '{word}'")
    if result.rounds is not None and result.rounds < 1:
        parser.error("at least one round")
    for text in result.others:
        if "=" not in text:
            parser.error(f"'{text}' is not NAME=PROGRAM")
    return result


def contestants(given):
    troupe = given.build / "bin/perf_troupe"
    result = [Contestant(TROUPE, str(troupe), defaults=True)]
    for release in ("38", "40"):
        path = given.build / f"interop/perf_comet{release}"
        # They have no peers for a crowd. Troupe's will do, as for itself.
        result.append(Contestant(f"v0.{release}", str(path),
                                 ("conn", "node", "many", "bcast", "wide"),
                                 dialer=str(troupe), defaults=True))
    result.append(Contestant("tcp", str(given.build / "bin/perf_tcp"), ("conn",),
                             ("tput", "echo")))
    if given.only is not None:
        names = {TROUPE, *given.only.split(",")}
        result = [c for c in result if c.name in names]
    for text in given.others:
        name, program = text.split("=", 1)
        path, *levels = program.split(",")
        result.append(Contestant(name, path, levels or None))
    if not troupe.exists():
        sys.exit(f"compare: there is no {troupe}; 'make bench-peers' builds it")
    for c in list(result):
        if not os.access(c.path, os.X_OK):
            say(f"skipped: {c.name}, because there is no {c.path}")
            result.remove(c)
    return result


def allow_descriptors(wanted):
    """How many peers can be had; each is a descriptor at either end."""
    spare = 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard == resource.RLIM_INFINITY or hard >= wanted + spare:
        return wanted
    say(f"ulimit -n is {hard}: {hard - spare} peers instead of {wanted}")
    return hard - spare


def machine():
    model = platform.machine()
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{model}, {len(CORES)} cores"


def load():
    return " ".join(f"{x:.2f}" for x in os.getloadavg())


def main():
    given = options()
    names = [w for w in given.what if w != "quick"]
    wanted = names or [p for p in PARTS if p not in BY_NAME]
    begin = time.monotonic()
    say(f"{time.strftime('%Y-%m-%d %H:%M')}, {machine()}, load before: {load()}")
    say("x: how many times better Troupe is, the median of rounds in turns")
    say("all programs with "
        + " ".join(f"{k}={os.environ.get(k, v)}" for k, v in HEAP.items()))
    if len(CORES) < 2:
        say("both ends share the only core")
    plan = Plan(contestants(given), "quick" in given.what, given.rounds,
                allow_descriptors(given.peers))
    for name, part in PARTS.items():
        if name in wanted:
            part(plan)
    plan.summary.show()
    say(f"\nload after: {load()}; took {time.monotonic() - begin:.0f} s")
    if any(name.split()[0].rstrip(",") == TROUPE for name in excused):
        sys.exit("FAILED: Troupe lacks a measurement, see above")


main()
