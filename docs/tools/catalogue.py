# SPDX-License-Identifier: Apache-2.0
"""What typed actors understand, read from the headers that declare them."""

import re


def split(text, separator=","):
    """Splits at separators that are in no brackets."""
    parts, depth, last = [], 0, ""
    for c in text:
        depth += c in "<(" 
        depth -= c in ">)"
        if c == separator and depth == 0:
            parts.append(last)
            last = ""
        else:
            last += c
    return [" ".join(part.split()) for part in parts + [last]]


def comment_above(lines, at):
    """The `///` lines above a line."""
    result = []
    while at > 0 and lines[at - 1].startswith("///"):
        at -= 1
        result.insert(0, lines[at][3:].removeprefix(" "))
    return "\n".join(result)


def messages(body):
    """Yields ("part", TITLE), or ("message", TEXT, SIGNATURES): signatures
    that follow each other without a comment share the one before."""
    text, signatures, pending = [], [], ""

    def done():
        nonlocal text, signatures
        if signatures:
            yield "message", " ".join(text), signatures
        text, signatures = [], []

    for line in body.split("\n"):
        line = line.strip()
        title = re.match(r"// -- (.*) --$", line)
        if title:
            yield from done()
            yield "part", title[1]
        elif line.startswith("//"):
            if signatures:
                yield from done()
            if line[2:].strip():
                text.append(line[2:].strip())
        elif line:
            pending = f"{pending} {line}".strip()
            *whole, pending = split(pending)
            signatures += whole
    if pending:
        signatures.append(pending)
    yield from done()


def readable(signature):
    """`caf::result<R>(A, B)` as `(A, B) -> R`."""
    found = re.match(r"caf::result<(.*)>\((.*)\)$", signature)
    if not found:
        return signature
    inputs = [x.removeprefix("caf::") for x in split(found[2]) if x]
    return f"({', '.join(inputs)}) → {found[1]}"


def catalogue(path, text):
    """Markdown about each typed actor that a header declares."""
    lines = text.split("\n")
    result = []
    for i, line in enumerate(lines):
        found = re.match(r"using (\w+)\s*=\s*([\w:]+)<\s*(//)?\s*$", line) \
            or re.match(r"using (\w+)\s*=\s*(.*typed_actor)<(.*)$", line) \
            or re.match(r"using (\w+)$", line)
        if not found:
            continue
        whole = "\n".join(lines[i:])
        whole = whole[:whole.index(">;")]
        head = re.match(r"using (\w+)\s*=\s*caf::typed_actor<", whole)
        if not head:
            continue
        result.append(f"## {head[1]}\n\n{comment_above(lines, i)}\n")
        result.append(f"Declared in `troupe/{path}`.\n")
        for what, *rest in messages(whole[head.end():]):
            if what == "part":
                result.append(f"### {head[1]}: {rest[0]}\n")
            else:
                shown = "\n".join(readable(x) for x in rest[1])
                result.append(f"```text\n{shown}\n```\n\n{rest[0]}\n")
    if not result:
        raise KeyError(path)
    return "\n".join(result)
