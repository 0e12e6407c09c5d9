# SPDX-License-Identifier: Apache-2.0
"""Many peers: what they cost while they are idle, and broadcasts to them."""

import time

from cost import cost_beside
from latency import TRIPS, trips
from plan import SIZES, close, excuse, in_turns
from programs import Crowd, Gone, Pair, Server
from report import Column, say, table

BROADCAST_PEERS = 50
MEMORY_PEERS = 500
MEMORY = [Column("KiB a peer", "peer", ".1f", False),
          Column("MB without", "base", ".1f", False),
          Column("MB with them", "all", ".1f", False)]


class Crowded:
    """A server, and the crowds around it or around who loads it."""

    def __init__(self, server):
        self.server, self.crowds = server, []

    def close(self):
        for one in self.crowds + [self.server]:
            one.close()


def idle_memory(plan, count):
    """Of a node with ten channels, one implementation after the other."""
    this = {}
    for c in plan.who("many", "peers"):
        try:
            all_of_it = Crowded(Server(c, "many"))
        except Gone as e:
            excuse(c.name, "many", e)
            continue
        try:
            time.sleep(0.5)
            before = all_of_it.server.rss_kib()
            all_of_it.crowds.append(Crowd.around(all_of_it.server, count))
            time.sleep(plan.time(1, 3))
            after = all_of_it.server.rss_kib()
            this[c.name] = {"peer": (after - before) / count,
                            "base": before * 1024 / 1e6, "all": after * 1024 / 1e6}
        except Gone as e:
            excuse(c.name, f"{count} peers", e)
        all_of_it.close()
    table(f"resident memory, {count} idle peers, 10 channels", [this], MEMORY)
    return [this]


def memory(plan):
    rounds = idle_memory(plan, MEMORY_PEERS)
    plan.summary.add(f"KiB an idle peer, of {MEMORY_PEERS}, 10 channels", rounds,
                     "peer", ".1f", False, "<= 16")


def broadcast(plan):
    servers = {}
    for c in plan.who("bcast", "bcast"):
        try:
            one = Crowded(Server(c, "bcast"))
        except Gone as e:
            excuse(c.name, "bcast", e)
            continue
        try:
            one.crowds.append(Crowd.around(one.server, BROADCAST_PEERS))
            servers[c.name] = one
        except Gone as e:
            excuse(c.name, "bcast", e)
            one.close()
    for size, first, most in ((1024, 256, 8192), (64 * 1024, 16, 512)):
        amount = {}
        for name, one in list(servers.items()):
            try:
                seconds, _ = one.server.ask(f"bcast {size} {first}")
            except Gone as e:
                excuse(name, "bcast", e)
                servers.pop(name).close()
                continue
            wanted = int(first * plan.time(0.4, 1.0) / seconds)
            amount[name] = max(16, min(wanted, most) // 16 * 16)

        def to_all(name, one):
            seconds, cpu = one.server.ask(f"bcast {size} {amount[name]}")
            gigabytes = amount[name] * size * BROADCAST_PEERS / 1e9
            return {"cpu": cpu / gigabytes, "rate": gigabytes / seconds * 1e3}

        rounds = in_turns(servers, plan.rounds(2, 4), to_all)
        table(f"broadcast of {SIZES[size]} to {BROADCAST_PEERS} peers", rounds,
              [Column("sender s/GB", "cpu", ".2f", False),
               Column("MB/s delivered", "rate", ".0f", True)])
        if size == 1024:
            plan.summary.add(f"broadcast to {BROADCAST_PEERS}, 1 KiB, sender s/GB",
                             rounds, "cpu", ".2f", False, "<= 1.2")
    close(servers)


def crowd(plan):
    """The same with thousands, and what a message costs among them."""
    count = plan.peers
    rounds = idle_memory(plan, count)
    plan.summary.add(f"MB with {count} idle peers, 10 channels", rounds, "all",
                     ".0f", False, "<= 150")
    alone, among, crowds = {}, {}, []
    for c in plan.who("node", "peers"):
        try:
            pair = Pair(c, "node")
        except Gone as e:
            excuse(c.name, "node", e)
            continue
        try:
            crowds.append(Crowd.around(pair.server, count))
            if pair.where:
                crowds.append(Crowd(c, *pair.where, count, 3))
            else:
                say(f"  ({c.name}: only its receiver has them)")
            alone[c.name] = Pair(c, "node")
            among[c.name] = pair
        except Gone as e:
            excuse(c.name, f"{count} peers", e)
            pair.close()
    rounds = in_turns(among, plan.rounds(2, 5),
                      lambda _, pair: trips(pair, plan.time(500, 2000)))
    table(f"round trip of 64 B among {count} idle peers of each end", rounds, TRIPS)
    milliseconds = [{n: {"p99": v["p99"] / 1e3} for n, v in r.items()}
                    for r in rounds]
    plan.summary.add(f"echo p99 among {count} idle peers, ms", milliseconds, "p99",
                     ".2f", False, "<= 10")
    cost_beside(plan, f"{count} idle peers", alone, among)
    for one in crowds:
        one.close()
