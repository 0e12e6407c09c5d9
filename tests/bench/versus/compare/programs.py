# SPDX-License-Identifier: Apache-2.0
"""The programs that are compared: one process, and two that talk."""

import os
import select
import subprocess
import tempfile
import time

CORES = sorted(os.sched_getaffinity(0))
# Each end keeps to a core of its own, as if they were two machines.
LOADING = CORES[:1]
SERVING = CORES[1:2] or CORES[:1]
# What the unit of a node's service sets. All programs have it, those without
# glibc's heap to no effect.
HEAP = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=512"}


class Gone(Exception):
    """A program has ended, is stuck, or does not know what it was asked."""


class Contestant:
    """How to run an implementation, and what it can be asked. `levels` and
    `commands` are all there are if they are None; `defaults` tells whether it
    has levels with default settings."""

    def __init__(self, name, path, levels=None, commands=None, dialer=None,
                 defaults=False):
        self.name, self.path = name, path
        self.levels, self.commands, self.defaults = levels, commands, defaults
        self.dialer = dialer or path

    def has(self, level, command=None):
        plain = level.removesuffix("-default")
        return ((self.levels is None or plain in self.levels)
                and (self.commands is None or command in self.commands))


class Process:
    """A program on some cores that answers a line with a line."""

    def __init__(self, cores, path, *args):
        self.errors = tempfile.TemporaryFile()
        self.p = subprocess.Popen(
            [path, *map(str, args)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.errors,
            env={**HEAP, **os.environ},
            preexec_fn=lambda: os.sched_setaffinity(0, cores))
        self.rest = b""

    def line(self, limit=60):
        end = time.monotonic() + limit
        while b"\n" not in self.rest:
            left = max(0, end - time.monotonic())
            if not select.select([self.p.stdout], [], [], left)[0]:
                raise Gone(f"no answer within {limit:.0f} s")
            got = os.read(self.p.stdout.fileno(), 4096)
            if not got:
                raise Gone(self.last_words())
            self.rest += got
        text, self.rest = self.rest.split(b"\n", 1)
        return text.decode()

    def ask(self, text, limit=60):
        """The numbers that it answers."""
        try:
            self.p.stdin.write((text + "\n").encode())
            self.p.stdin.flush()
        except BrokenPipeError:
            raise Gone(self.last_words()) from None
        answer = self.line(limit)
        try:
            return [float(x) for x in answer.split()]
        except ValueError:
            raise Gone(f"it says '{answer}'") from None

    def last_words(self):
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").splitlines()
        return f"it ended: {lines[-1]}" if lines else "it ended"

    def rss_kib(self):
        with open(f"/proc/{self.p.pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024

    def close(self):
        try:
            self.p.stdin.close()
            self.p.wait(3)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self.p.kill()
            self.p.wait()
        self.p.stdout.close()
        self.errors.close()


class Server(Process):
    """The serving end. `port` and `ident` are where."""

    def __init__(self, contestant, level, cores=SERVING):
        super().__init__(cores, contestant.path, "serve", level)
        self.contestant, self.level = contestant, level
        try:
            self.port, self.ident = self.line(30).split()
        except (Gone, ValueError) as e:
            self.close()
            raise Gone(str(e)) from None


class Crowd(Process):
    """Peers of a node, all of them in one process, that are idle."""

    def __init__(self, contestant, port, ident, count, channels, cores=LOADING):
        super().__init__(cores, contestant.dialer, "dial", port, count, ident,
                         channels)
        try:
            self.line(60 + count / 10)
        except Gone:
            self.close()
            raise

    @staticmethod
    def around(server, count):
        """Connects a crowd to a server, and returns once the server knows."""
        crowd = Crowd(server.contestant, server.port, server.ident, count,
                      10 if server.level == "many" else 3)
        try:
            end = time.monotonic() + 30 + count / 100
            while server.ask("peers")[0] < count:
                if time.monotonic() > end:
                    raise Gone("not all peers are up")
                time.sleep(0.1)
        except Gone:
            crowd.close()
            raise
        return crowd


class Pair:
    """A serving and a loading end. `where` is the port and ID of the latter, if
    it listens as well."""

    def __init__(self, contestant, level, apart=True):
        self.contestant, self.level = contestant, level
        self.server = Server(contestant, level, SERVING if apart else CORES)
        self.client = Process(LOADING if apart else CORES, contestant.path,
                              "load", level, self.server.port,
                              self.server.ident, self.server.p.pid)
        try:
            self.where = self.client.line(30).split()[1:]
        except Gone:
            self.close()
            raise

    def ask(self, text, limit=60):
        return self.client.ask(text, limit)

    def close(self):
        self.client.close()
        self.server.close()
