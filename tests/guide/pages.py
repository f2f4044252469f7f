"""The guide's pages, as they are installed: they are whole, and need no network."""

import os
import re
import subprocess
import tempfile
import xml.etree.ElementTree

from book import TOP

IDS = re.compile(r'\bid="([^"]+)"')
USES = re.compile(r'<(a|img|link|script)\b[^>]*?\b(?:href|src)="([^"]+)"')


def read_pages(folder):
    pages = {}
    for name in os.listdir(folder):
        if name.endswith(".html"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                pages[name] = file.read()
    return pages


def target_problem(folder, pages, ids, name, kind, target):
    if re.match(r"https?:", target):
        return None if kind == "a" else f"{name} needs the network for {target}"
    file, _, anchor = target.partition("#")
    file = file or name
    if not os.path.exists(os.path.join(folder, file)):
        return f"{name}: there is no {file}"
    if anchor and anchor not in ids.get(file, ()):
        return f"{name}: there is no {target}"
    return None


def page_problems(cmark):
    with tempfile.TemporaryDirectory(prefix="guide-") as folder:
        subprocess.run([os.path.join(TOP, "docs", "make-html"), cmark, folder], check=True)
        pages = read_pages(folder)
        ids = {name: set(IDS.findall(text)) for name, text in pages.items()}
        problems = [target_problem(folder, pages, ids, name, kind, target)
                    for name, text in pages.items() for kind, target in USES.findall(text)]
        return sorted({problem for problem in problems if problem})


def xml_problems(chapter):
    """Blocks of XML that are not well-formed."""
    for block in chapter.blocks:
        if block.language == "xml":
            try:
                xml.etree.ElementTree.fromstring("\n".join(block.lines))
            except xml.etree.ElementTree.ParseError as problem:
                yield f"{block.where()}: {problem}"
