# SPDX-License-Identifier: Apache-2.0
"""What a run consists of: who takes part, how long, and in which order."""

from programs import Gone, Pair
from report import Summary, say

SIZES = {128: "128 B", 1024: "1 KiB", 64 * 1024: "64 KiB", 512 * 1024: "512 KiB"}


class Plan:
    def __init__(self, contestants, quick, rounds, peers):
        self.contestants = contestants
        self.quick, self.rounds_wanted, self.peers = quick, rounds, peers
        self.summary = Summary()

    def rounds(self, quick, full):
        return range(self.rounds_wanted or (quick if self.quick else full))

    def time(self, quick, full):
        return quick if self.quick else full

    def who(self, level, command):
        return [c for c in self.contestants if c.has(level, command)]

    def pairs(self, level, command, apart=True, only=None):
        """A pair for each that has that level, or for those in `only`."""
        result = {}
        for c in self.who(level, command):
            if only is not None and c.name not in only:
                continue
            try:
                result[c.name] = Pair(c, level, apart)
            except Gone as e:
                excuse(c.name, level, e)
        return result

    def labelled_pairs(self, level, command, apart=True, defaults=True,
                       only=None):
        """The same with "NAME LEVEL" for a name, and with default settings where
        there are such; who has none has no limits, either."""
        result = {}
        for c in self.who(level, command):
            if only is not None and c.name not in only:
                continue
            suffix = "-default" if defaults and c.defaults else ""
            for name, pair in self.pairs(level + suffix, command, apart,
                                         (c.name,)).items():
                result[f"{name} {level}"] = pair
        return result


excused = set()


def excuse(name, what, why):
    """Says why somebody is missing, and keeps it in `excused`."""
    if isinstance(name, tuple):
        name = " ".join(map(str, name))
    excused.add(name)
    say(f"  ({name}, {what}: {why})")


def in_turns(all_of_them, rounds, measure):
    """For each round, what `measure(name, one)` returns of each; who comes first
    changes. Who fails is left out of that round."""
    result = []
    for i in rounds:
        items = list(all_of_them.items())
        k = i % max(1, len(items))
        this = {}
        for name, one in items[k:] + items[:k]:
            try:
                this[name] = measure(name, one)
            except Gone as e:
                excuse(name, "a round", e)
        result.append({name: this[name] for name in all_of_them if name in this})
    return result


def close(all_of_them):
    for one in all_of_them.values():
        one.close()
