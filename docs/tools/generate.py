#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the pages of the documentation out of those in docs/.

    docs/tools/generate.py OUT [COMMAND]

A line of a page may stand for something that is written elsewhere:

    <!-- include: PATH -->          a README of the tree, without its title
    <!-- include: PATH#HEADING -->  what stands below a heading of it
    <!-- messages: PATH -->         what the typed actors of a header understand
    <!-- code: PATH | A [| B] -->   its lines from the one that begins with A to
                                    the one before that which begins with B,
                                    or to its end
    <!-- options -->                what COMMAND, the program `troupe`, says

Links into the tree lead to the page that has that file, or become its name. A
link to nothing, and code that no test compiles, is an error. Files that would
be the same are not written again.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from catalogue import catalogue
from code import Sources
from markdown import LINK, fenced, outside_code, section, slug

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
STATEMENT = re.compile(r"^<!-- (include|messages|code|options):? ?(\S.*?)? ?-->$")
# What stands in pages is part of one of these, which tests compile and run.
CODE = {
    "cpp": ["samples/**/*.cpp", "samples/**/*.hpp", "tests/consumer/**/*.cpp",
            "tests/consumer/**/*.hpp"],
    "cmake": ["tests/consumer/**/CMakeLists.txt"],
    "proto": ["samples/**/*.proto", "tests/consumer/**/*.proto"],
}
# What `troupe` prints and is told is tested by tests/samples/guides, and what
# these languages have is no code.
NO_CODE = {"", "text", "console", "json", "mermaid"}

problems = []


def public_headers():
    text = (ROOT / "cmake/TroupeHeaders.cmake").read_text()
    found = re.search(r"set\(TROUPE_PUBLIC_HEADERS(.*?)\)", text, re.S)
    return re.findall(r"^  (?:#(.*)|(\S+\.hpp))$", found[1], re.M)


def api_page(header):
    return "api/" + re.sub(r"[/.]", "-", header.removesuffix(".hpp")) + ".md"


class Pages:
    def __init__(self, command):
        self.command = command
        self.headers = {h for _, h in public_headers() if h}
        # Which page has (file, heading), for links.
        self.homes = {}
        self.sources = {p: p.read_text() for p in sorted(DOCS.rglob("*.md"))
                        if p.name != "README.md"}
        for page, text in self.sources.items():
            for line, plain in outside_code(text):
                found = STATEMENT.match(line) if plain else None
                if found and found[1] == "include":
                    path, _, heading = found[2].partition("#")
                    self.homes[path, heading] = page.relative_to(DOCS)

    def page_of(self, path, anchor):
        """Where a link to a file of the tree leads on the site, or None."""
        for (file, heading), page in self.homes.items():
            if file == path and heading and slug(heading) == anchor:
                return f"/{page}"
        if (path, "") in self.homes:
            page = self.homes[path, ""]
            return f"/{page}#{anchor}" if anchor else f"/{page}"
        for (file, heading), page in self.homes.items():
            if file == path and not anchor:
                return f"/{page}"
        if path in self.headers:
            return "/" + api_page(path)
        return None

    def mend_links(self, text, origin):
        """Links as they are on the site. `origin` is the file they stand in."""
        def mend(found):
            words, target = found[1], found[2]
            if re.match(r"[a-z]+:|#|/", target):
                return found[0]
            path, _, anchor = target.partition("#")
            there = Path(os.path.normpath(origin.parent / path))
            if not there.exists():
                problems.append(f"{origin}: a link to {target}, which is not there")
                return found[0]
            if there.is_dir() and (there / "README.md").exists():
                there = there / "README.md"
            if there.is_relative_to(DOCS) and there.name != "README.md":
                if there.suffix != ".md":
                    return found[0]
                where = f"/{there.relative_to(DOCS)}" + ("#" + anchor if anchor else "")
                return f"[{words}]({where})"
            name = str(there.relative_to(ROOT))
            where = self.page_of(name, anchor)
            if where:
                return f"[{words}]({where})"
            named = words.strip("`")
            shown = name.removesuffix("/README.md")
            return words if named in (name, shown) and "`" in words \
                else f"`{shown}`" if named in (name, shown) \
                else f"{words} (`{shown}`)"
        # Links may be broken over lines, code has none.
        parts, last = [], []
        for line, plain in outside_code(text):
            if plain:
                last.append(line)
            else:
                parts += [("\n".join(last), True), (line, False)] if last \
                    else [(line, False)]
                last = []
        if last:
            parts.append(("\n".join(last), True))
        return "\n".join(LINK.sub(mend, part) if plain else part
                         for part, plain in parts)

    def expand(self, page, text):
        result = []
        text = self.mend_links(text, page)
        for line, plain in outside_code(text):
            found = STATEMENT.match(line) if plain else None
            if not found:
                result.append(line)
            elif found[1] == "include":
                path, _, heading = found[2].partition("#")
                try:
                    part = section((ROOT / path).read_text(), heading or None)
                    result.append(self.mend_links(part, ROOT / path))
                except (OSError, KeyError, StopIteration):
                    problems.append(f"{page}: {path} has no '{heading}'")
            elif found[1] == "messages":
                try:
                    result.append(catalogue(found[2], (ROOT / found[2]).read_text()))
                except (OSError, KeyError):
                    problems.append(f"{page}: {found[2]} declares no typed actor")
            elif found[1] == "code":
                result.append(self.excerpt(page, *found[2].split(" | ")))
            else:
                result.append(self.options())
        return "\n".join(result)

    def excerpt(self, page, path, first, last=None):
        lines = (ROOT / path).read_text().split("\n")
        try:
            begin = next(i for i, line in enumerate(lines)
                         if line.startswith(first))
            end = len(lines) if last is None else next(
                i for i in range(begin, len(lines))
                if lines[i].startswith(last))
        except StopIteration:
            problems.append(f"{page}: {path} has no '{first}' before '{last}'")
            return ""
        language = {".hpp": "cpp", ".txt": "cmake"}.get(Path(path).suffix,
                                                        Path(path).suffix[1:])
        code = "\n".join(lines[begin:end]).rstrip()
        return f"```{language}\n{code}\n```"

    def options(self):
        """The reference that the command prints."""
        reference = subprocess.run(
            [self.command, "options", "--format", "markdown"],
            capture_output=True, text=True)
        if reference.returncode != 0:
            problems.append(f"{self.command} options: {reference.stderr}")
        return reference.stdout

    def api(self):
        """Yields a page for each public header, and one that lists them."""
        index = ["# Reference\n",
                 "Every public header, and what it declares. A program includes",
                 "no other; whatever else is installed is what these include.\n"]
        children = []
        for title, header in public_headers():
            if title:
                index.append(f"\n## {title.strip().rstrip('.')}\n")
                continue
            page = api_page(header).removeprefix("api/")
            children.append(page.removesuffix(".md"))
            index.append(f"- [`troupe/{header}`]({page})")
            yield Path("api") / page, (
                f"# {Path(header).name}\n\n```cpp\n#include \"troupe/{header}\"\n"
                f"```\n\n:::{{doxygenfile}} {Path(header).name}\n"
                ":sections: briefdescription detaileddescription innerclass "
                "innernamespace public-type public-func public-static-func "
                "public-attrib func enum typedef var user-defined\n:::\n")
        index.append("\n```{toctree}\n:hidden:\n\n" + "\n".join(children) + "\n```\n")
        yield Path("api/index.md"), "\n".join(index)


def check_code(page, text, sources):
    for language, block in fenced(text):
        if language.startswith("{") or language in NO_CODE:
            continue
        if not sources.find(language, block):
            problems.append(f"{page}: no test has this {language} code:\n  "
                            + "\n  ".join(block))


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)


def main(out, command="troupe"):
    pages = Pages(command)
    sources = Sources(ROOT, CODE)
    made = {}
    for page, text in pages.sources.items():
        name = page.relative_to(DOCS)
        made[name] = pages.expand(page, text)
        check_code(name, made[name], sources)
    check_code("README.md", (ROOT / "README.md").read_text(), sources)
    pages.mend_links((ROOT / "README.md").read_text(), ROOT / "README.md")
    made.update(pages.api())
    for other in ("conf.py", *(DOCS.glob("_static/*"))):
        path = DOCS / other
        made[path.relative_to(DOCS)] = path.read_bytes()
    for name, content in made.items():
        write(Path(out) / name,
              content if isinstance(content, bytes) else content.encode())
    for old in Path(out).rglob("*"):
        if old.is_file() and old.relative_to(out) not in made:
            old.unlink()
    for problem in problems:
        print(f"docs: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
