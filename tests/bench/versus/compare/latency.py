# SPDX-License-Identifier: Apache-2.0
"""How long a small message takes: alone, and beside a flood."""

from plan import close, in_turns
from report import TROUPE, Column, table

# Both levels are measured in turns, so that names have their level behind them.
LEVELS = ("conn", "node")


def troupe_at(level):
    return f"{TROUPE} {level}"


def at_level(rounds, level, besides=()):
    return [{n: v for n, v in r.items() if n.endswith(" " + level) or n in besides}
            for r in rounds]


def plain(label):
    return label.rsplit(" ", 1)[0]


def trips(pair, milliseconds):
    count, p50, p99, _ = pair.ask(f"echo {milliseconds}")
    return {"p50": p50, "p99": p99, "count": count}


TRIPS = [Column("p50 us", "p50", ".0f", False), Column("p99 us", "p99", ".0f", False),
         Column("a round", "count", ".0f", True)]


def echo(plan):
    """With default settings: what an implementation holds back counts."""
    pairs = {}
    for level in LEVELS:
        pairs |= plan.labelled_pairs(level, "echo")
    rounds = in_turns(pairs, plan.rounds(2, 5),
                      lambda _, pair: trips(pair, plan.time(500, 1000)))
    close(pairs)
    for level, aim in (("conn", "<= 70"), ("node", "<= 85")):
        mine = troupe_at(level)
        table(f"idle round trip of 64 B, {level} level, default settings",
              at_level(rounds, level, ("tcp conn",)), TRIPS, mine)
        plan.summary.add(f"round trip p50, {level}, us",
                         at_level(rounds, level, ("tcp conn",)), "p50", ".0f",
                         False, aim, mine, plain)


def beside_flood(pair, milliseconds):
    n, p50, p99, worst, seconds, _, _, bulk = pair.ask(f"prio {milliseconds}")
    return {"p50": p50 / 1e3, "p99": p99 / 1e3, "max": worst / 1e3, "answers": n,
            "bulk": bulk / seconds / 1e6 if seconds else 0}


BESIDE_FLOOD = [Column("p50 ms", "p50", ".2f", False),
                Column("p99 ms", "p99", ".2f", False),
                Column("max ms", "max", ".2f", False),
                Column("bulk MB/s", "bulk", ".0f", True),
                Column("answers", "answers", ".0f", True)]


def priority(plan):
    for title, levels, limited, apart, aim in (
            ("default rate limits", ("node",), True, True, "<= 10"),
            ("no rate limits, a core for each end", LEVELS, False, True, "<= 2"),
            ("no rate limits, all cores for both", LEVELS, False, False, "<= 3")):
        pairs = {}
        # Who has no limits is no match for those with.
        who = [c.name for c in plan.contestants if c.defaults or not limited]
        for level in levels:
            pairs |= plan.labelled_pairs(level, "prio", apart, limited, who)
        rounds = in_turns(pairs, plan.rounds(1, 3), lambda _, pair: beside_flood(
            pair, plan.time(1000, 2500)))
        close(pairs)
        for level in levels:
            table("100 B of priority 10 each 5 ms beside a 64 KiB flood, "
                  f"{level} level, {title}", at_level(rounds, level),
                  BESIDE_FLOOD, troupe_at(level))
        plan.summary.add(f"priority p99 under a flood, {title}, ms",
                         at_level(rounds, "node"), "p99", ".1f", False, aim,
                         troupe_at("node"), plain)


def handshakes(plan):
    count = plan.time(200, 600)
    pairs = plan.pairs("conn", "hs")

    def shake(_, pair):
        seconds, mine, theirs, made = pair.ask(f"hs {count}")
        return {"rate": made / seconds, "mine": mine / made * 1e6,
                "theirs": theirs / made * 1e6,
                "end": (mine + theirs) / made / 2 * 1e6}

    rounds = in_turns(pairs, plan.rounds(2, 4), shake)
    close(pairs)
    table("handshakes, 8 at a time, a core for each end", rounds,
          [Column("a second", "rate", ".0f", True),
           Column("CPU us, dialer", "mine", ".0f", False),
           Column("CPU us, listener", "theirs", ".0f", False)])
    plan.summary.add("handshake, CPU us of an end", rounds, "end", ".0f", False,
                     "<= 300")
