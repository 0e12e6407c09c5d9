# SPDX-License-Identifier: Apache-2.0
"""Parts of Markdown files, and the links in them."""

import re

HEADING = re.compile(r"^(#+) (.*)$")
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")


def outside_code(text):
    """Yields (line, whether it is outside of fenced code)."""
    fence = None
    for line in text.split("\n"):
        mark = re.match(r"^\s*(```+|:::+)", line)
        if fence is None and mark and mark[1].startswith("`"):
            fence = mark[1]
            yield line, False
        elif fence is not None:
            if line.strip() == fence:
                fence = None
            yield line, False
        else:
            yield line, True


def slug(heading):
    """The anchor that a heading gets."""
    text = re.sub(r"[^\w\- ]", "", heading.lower())
    return text.replace(" ", "-")


def section(text, heading):
    """What stands below a heading, up to the next one of its level; its own
    headings become those of a page. None: all but the title."""
    lines = list(outside_code(text))
    begin, level = 0, 1
    if heading is None:
        begin = next(i for i, (line, plain) in enumerate(lines)
                     if plain and line.startswith("# ")) + 1
    else:
        for i, (line, plain) in enumerate(lines):
            found = HEADING.match(line) if plain else None
            if found and found[2] == heading:
                begin, level = i + 1, len(found[1])
                break
        else:
            raise KeyError(heading)
    result = []
    for line, plain in lines[begin:]:
        found = HEADING.match(line) if plain else None
        if found and len(found[1]) <= level and heading is not None:
            break
        result.append(line[level - 1:] if found else line)
    return "\n".join(result).strip("\n") + "\n"


def fenced(text):
    """Yields (language, [lines]) of each fenced block."""
    block = None
    for line, plain in outside_code(text):
        if plain:
            continue
        if block is None:
            block = (line.strip().lstrip("`"), [])
        elif line.strip().startswith("```"):
            yield block
            block = None
        else:
            block[1].append(line)
