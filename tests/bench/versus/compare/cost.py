# SPDX-License-Identifier: Apache-2.0
"""What a small message costs: above the connection, and beside much else."""

from oneway import BATCHES, amounts, one_way, without_tcp
from plan import close, in_turns
from report import TROUPE, Column, table

SIZE = 128


def layers(plan):
    """What a message costs above the connection: node less connection."""
    levels = {"conn": plan.pairs("conn", "tput"), "node": plan.pairs("node", "tput"),
              "batch": plan.pairs("batch", "tput", only=(TROUPE,))}
    pairs = {(n, level): p for level, ps in levels.items() for n, p in ps.items()}
    amount = amounts(plan, pairs, SIZE)
    rounds = []
    for r in in_turns(pairs, plan.rounds(3, 7), lambda key, pair: one_way(
            pair, SIZE, amount[key])):
        this = {}
        for (name, level), at_node in r.items():
            at_conn = r.get((name, "conn"))
            if level == "conn" or not at_conn:
                continue
            this[BATCHES if level == "batch" else name] = {
                end: at_node[end] - at_conn[end] for end in ("send us", "recv us")}
        rounds.append(this)
    close(pairs)
    table("what nodes add to the CPU time of a message of 128 B, us", rounds,
          [Column("sender", "send us", ".2f", False),
           Column("receiver", "recv us", ".2f", False)])
    singly = without_tcp(rounds)
    batches = [{TROUPE: r[BATCHES]} for r in rounds if BATCHES in r]
    for key, end in (("send us", "sender"), ("recv us", "receiver")):
        plan.summary.add(f"nodes' own us a message, {end}", singly, key, ".2f",
                         False, "<= 0.45")
        plan.summary.add("  in batches", batches, key, ".2f", False, "<= 0.25")


def channels(plan):
    """What a message costs with 16 channels instead of 3."""
    cost_beside(plan, "16 channels", plan.pairs("node", "tput"),
                plan.pairs("wide", "tput"))


def cost_beside(plan, what, plain, other):
    """Costs of a message, as ratios to those in plain circumstances."""
    both = {n: (plain[n], other[n]) for n in other if n in plain}
    pairs = {(n, i): p for n, ps in both.items() for i, p in enumerate(ps)}
    amount = amounts(plan, pairs, SIZE)
    rounds = []
    for r in in_turns(pairs, plan.rounds(5, 15), lambda key, pair: one_way(
            pair, SIZE, amount[key])):
        rounds.append({n: {
            "send us": r[n, 1]["send us"], "recv us": r[n, 1]["recv us"],
            "send": r[n, 1]["send"] / r[n, 0]["send"],
            "recv": r[n, 1]["recv"] / r[n, 0]["recv"],
            "both": r[n, 1]["cpu"] / r[n, 0]["cpu"]}
            for n in both if (n, 0) in r and (n, 1) in r})
    close(plain | other)
    table(f"CPU time of a message of 128 B with {what}, and that as a ratio",
          rounds, [Column("us, sender", "send us", ".2f", False),
                   Column("us, receiver", "recv us", ".2f", False),
                   Column("ratio, sender", "send", ".2f", False),
                   Column("ratio, receiver", "recv", ".2f", False),
                   Column("ratio, both", "both", ".2f", False)])
    plan.summary.add_ratio(f"cost with {what}, to that without", rounds, "both",
                           "<= 1.1")
