# SPDX-License-Identifier: Apache-2.0
"""Messages one way: how fast, and what they cost both ends."""

from plan import SIZES, close, excuse, in_turns
from programs import LOADING, Gone, Process
from report import TROUPE, Column, median, say, table

COLUMNS = [Column("MB/s", "rate", ".0f", True),
           Column("1000 msg/s", "messages", ".1f", True),
           Column("CPU s/GB, both", "cpu", ".2f", False),
           Column("of the sender", "send", ".2f", False),
           Column("of the receiver", "recv", ".2f", False)]
BATCHES = "troupe, batches"


def one_way(pair, size, amount):
    seconds, mine, theirs, count = pair.ask(f"tput {size} {amount}")
    if not count or not seconds:
        raise Gone("nothing arrived")
    return {"rate": count / seconds / 1e6,
            "messages": count / size / seconds / 1e3,
            "cpu": (mine + theirs) / count * 1e9,
            "send": mine / count * 1e9, "recv": theirs / count * 1e9,
            "send us": mine / count * size * 1e6,
            "recv us": theirs / count * size * 1e6}


def amounts(plan, pairs, size):
    """How many bytes of that size each is to send, so that all take as long. Who
    cannot is closed, and left out."""
    result = {}
    for name, pair in list(pairs.items()):
        try:
            one_way(pair, size, size * max(8, (2 << 20) // size))
            first = one_way(pair, size,
                            size * max(16, min(20000, (16 << 20) // size)))
        except Gone as e:
            excuse(name, SIZES[size], e)
            pairs.pop(name).close()
            continue
        most = first["rate"] * 1e6 * plan.time(0.12, 0.35)
        result[name] = max(16, int(min(most, 1.5e9) / size)) * size
    return result


def cipher(plan):
    """Bytes a second of the frame cipher on one core, sealed and opened."""
    troupe = next(c for c in plan.contestants if c.name == TROUPE)
    p = Process(LOADING, troupe.path, "cipher")
    try:
        return [float(x) for x in p.line().split()]
    finally:
        p.close()


class Limit:
    """What the cipher and TCP allow on one core, by round."""

    def __init__(self, ciphers, tcp_rounds):
        ends = [((1e9 / seal + r["tcp"]["send"], 1e9 / open_ + r["tcp"]["recv"])
                 if "tcp" in r else None)
                for (seal, open_), r in zip(ciphers, tcp_rounds)]
        self.rates = [e and 1e3 / max(e) for e in ends]  # MB/s
        self.costs = [e and sum(e) for e in ends]  # CPU s/GB, both ends

    def fraction(self, rounds, key, limits):
        return median(r[TROUPE][key] / limit for r, limit in zip(rounds, limits)
                      if limit and TROUPE in r)

    def of_rate(self, rounds):
        return self.fraction(rounds, "rate", self.rates)

    def of_cost(self, rounds):
        return self.fraction(rounds, "cpu", self.costs)


def in_batches(plan):
    return {BATCHES: pair for pair in
            plan.pairs("batch", "tput", only=(TROUPE,)).values()}


def throughput(plan, level):
    pairs = plan.pairs(level, "tput")
    if level == "node":
        pairs |= in_batches(plan)
        # The limit is that of this run.
        pairs |= plan.pairs("conn", "tput", only=("tcp",))
    amount = {size: amounts(plan, pairs, size) for size in SIZES}
    results = {size: [] for size in SIZES}
    ciphers = []
    for i in plan.rounds(3, 7):
        ciphers.append(cipher(plan))
        for size in SIZES:
            results[size] += in_turns(pairs, [i], lambda name, pair: one_way(
                pair, size, amount[size][name]))
    close(pairs)
    limit = Limit(ciphers, results[max(SIZES)])
    for size, name in SIZES.items():
        table(f"{level} level, one way, {name} messages", results[size], COLUMNS)
        slower = median(min(c) for c in ciphers) / 1e6
        mine = median(r[TROUPE]["rate"] for r in results[size] if TROUPE in r)
        best = median(x for x in limit.rates if x)
        say(f"  Troupe is {mine / slower:.2f} of the cipher ({slower:.0f} MB/s a "
            f"core), {limit.of_rate(results[size]):.2f} of cipher and TCP on one "
            f"core ({best:.0f} MB/s)")
    return results, limit


def connections(plan):
    results, limit = throughput(plan, "conn")
    rows = without_tcp(results[64 * 1024])
    plan.summary.add("conn, 64 KiB, CPU s/GB of both ends", rows, "cpu", ".2f",
                     False, "")
    plan.summary.note("  of what cipher and TCP take", f"{limit.of_cost(rows):.2f}",
                      "<= 1.15")


def nodes(plan):
    results, limit = throughput(plan, "node")
    add = plan.summary.add
    add("node, 128 B, 1000 msg/s", without_tcp(results[128]), "messages", ".0f",
        True, ">= 2 x each")
    add("node, 1 KiB, MB/s", without_tcp(results[1024]), "rate", ".0f", True,
        ">= 2 x v0.40")
    for size in (64 * 1024, 512 * 1024):
        rows = without_tcp(results[size])
        add(f"node, {SIZES[size]}, MB/s", rows, "rate", ".0f", True, "ahead of all")
        plan.summary.note("  of cipher and TCP on one core",
                          f"{limit.of_rate(rows):.2f}", ">= 0.85")


def without_tcp(rounds):
    return [{n: v for n, v in r.items() if n not in ("tcp", BATCHES)}
            for r in rounds]
