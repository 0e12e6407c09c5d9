# SPDX-License-Identifier: Apache-2.0
"""Whether code of a page is code that a test compiles or runs."""

import re


def matches(line, pattern):
    """`...` of a page stands for anything."""
    parts = [re.escape(part) for part in pattern.split("...")]
    return re.fullmatch(".*".join(parts), line) is not None


def stripped(line):
    return line.split(" // ")[0].strip()


def is_part_of(block, source):
    """Whether the lines of a block stand in a source, in that order."""
    lines = iter([stripped(line) for line in source.split("\n")])
    wanted = [stripped(line) for line in block]
    return all(any(matches(line, want) for line in lines)
               for want in wanted if want not in ("", "..."))


class Sources:
    """Files that tests compile or run, by language."""

    def __init__(self, root, patterns):
        self.texts = {
            language: {path: path.read_text()
                       for pattern in globs for path in root.glob(pattern)}
            for language, globs in patterns.items()}

    def find(self, language, block):
        """The file that a block stands in, or None."""
        for path, text in self.texts.get(language, {}).items():
            if is_part_of(block, text):
                return path
        return None
