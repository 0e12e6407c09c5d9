# SPDX-License-Identifier: Apache-2.0
"""What is printed: a table for each measurement, and all of them in short.

A round is {name: {key: figure}}, of all implementations. Every figure is the
median over rounds. A ratio is the median of the ratios within a round, and above
1 wherever Troupe is better.
"""

import statistics

TROUPE = "troupe"


def say(text=""):
    print(text, flush=True)


def median(xs):
    xs = list(xs)
    return statistics.median(xs) if xs else float("nan")


def figure(rounds, name, key):
    return median(r[name][key] for r in rounds if name in r)


def times_better(rounds, name, key, larger, mine=TROUPE):
    both = [(r[mine][key], r[name][key]) for r in rounds
            if mine in r and name in r and r[mine][key] > 0 and r[name][key] > 0]
    return median(a / b if larger else b / a for a, b in both)


class Column:
    """A figure of a table; `larger` tells whether more of it is better."""

    def __init__(self, title, key, form, larger):
        self.title, self.key, self.form, self.larger = title, key, form, larger


def table(title, rounds, columns, mine=TROUPE):
    say(f"\n{title}")
    say(" " * 24 + "".join(f"{c.title:>17}{'x':>9}" for c in columns))
    names = list(dict.fromkeys(name for r in rounds for name in r))
    for name in sorted(names, key=lambda n: n != mine):
        row = f"  {name:22}"
        for c in columns:
            row += f"{figure(rounds, name, c.key):17{c.form}}"
            x = times_better(rounds, name, c.key, c.larger, mine)
            row += " " * 9 if name == mine else f"{x:9.2f}"
        say(row)


class Summary:
    """The figures that count, each beside what is aimed at."""

    def __init__(self):
        self.rows = []

    def add(self, title, rounds, key, form, larger, aim, mine=TROUPE, named=str):
        """`named` makes the name of an implementation of that of a row."""
        cells = {named(name): f"{times_better(rounds, name, key, larger, mine):.2f} x"
                 for r in rounds for name in r if name != mine}
        self.rows.append((title, f"{figure(rounds, mine, key):{form}}", cells, aim))

    def add_ratio(self, title, rounds, key, aim):
        """The others' ratios say more than how many times better ours is."""
        cells = {name: f"{figure(rounds, name, key):.2f}  "
                 for r in rounds for name in r}
        self.rows.append((title, cells.pop(TROUPE, "").strip(), cells, aim))

    def note(self, title, value, aim):
        """A figure that the others do not have."""
        self.rows.append((title, value, {}, aim))

    def show(self):
        if not self.rows:
            return
        others = list(dict.fromkeys(n for r in self.rows for n in r[2]))
        wide = max(len(r[0]) for r in self.rows) + 2
        say("\nIn short: Troupe's figure, and how many times better that is\n")
        say(f"  {'':{wide}}{TROUPE:>9}"
            + "".join(f"{n:>11}" for n in others) + "   aim")
        for title, value, cells, aim in self.rows:
            say(f"  {title:{wide}}{value:>9}"
                + "".join(f"{cells.get(n, ''):>11}" for n in others) + f"   {aim}")
