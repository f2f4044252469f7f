"""The parts of the guide that follow from others: the chapter of all rules, and the list of all
sections on the first page. test-guide --update writes them, and says when they are old."""

import json
import os
import re
import subprocess
import textwrap

from book import FIRST, TOP, plain

RULES = "rules"
SECTIONS = "## All sections\n"
WIDTH = 100

RULES_HEAD = """\
# All rules

Each rule is a question that the program asks of a machine, with a name that stays. `vfiokit doctor` asks
what keeps passthrough from working, and `vfiokit audit` what endangers the host. Name rules to ask
those alone: `vfiokit doctor iommu-enabled group-viable`. `vfiokit doctor --explain` prints what stands
here of the rules that are named.

A rule says **pass**, **warn**, **fail**, **unknown** (it could not be read, and how to find out), or
**skipped** (a rule that it stands on did not hold).
"""

PARTS = [
    ("doctor", "## What doctor asks\n"),
    ("audit", "## What audit asks\n\nRules that doctor asks, too, stand above.\n"),
]


def ask(program, *words):
    done = subprocess.run([program, "--host", os.path.join(TOP, "hosts", "guide-example.host"), "--json",
                           *words], capture_output=True, check=True)
    return json.loads(done.stdout)


def fill(text):
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def section_of(anchor, chapters):
    """(title, target) of a section by its anchor, as the program names it: "guide#ANCHOR"."""
    for chapter in chapters:
        for _, words, own in chapter.headings:
            if own == anchor:
                return plain(words), f"{chapter.name}.md#{anchor}"
    return None


def rule_text(rule, chapters):
    lines = [f"### {rule['id']}", "", fill(f"**{rule['title']}** {escape(rule['explanation'])}"), ""]
    facts = [f"reads {escape(rule['reads'])}"] if rule["reads"] else []
    if rule["after"]:
        facts.append("stands on " + ", ".join(f"[{name}](#{name})" for name in rule["after"]))
    found = section_of(rule["see"].partition("#")[2], chapters)
    if found:
        facts.append(f"see [{found[0]}]({found[1]})")
    text = "; ".join(facts)
    return lines + [fill(text[0].upper() + text[1:] + "."), ""] if text else lines


def escape(text):
    """As Markdown: what would be a mark is none."""
    return re.sub(r"([*_<>`\[\]|])", r"\\\1", text)


def rules_text(program, chapters):
    """The chapter of all rules; None when this program has none."""
    out = [RULES_HEAD]
    told = set()
    for key, heading in PARTS:
        out.append(heading)
        for rule in ask(program, key, "--list")["rules"]:
            if rule["id"] not in told:
                told.add(rule["id"])
                out += rule_text(rule, chapters)
    return "\n".join(out).rstrip("\n") + "\n"


def sections_text(_, chapters):
    """The first page's text, its list of sections made anew."""
    first = chapters[0]
    entries = [(plain(words), f"{chapter.name}.md#{anchor}") for chapter in chapters[1:]
               for level, words, anchor in chapter.headings if level <= 2]
    titles = [title for title, _ in entries]
    lines = [f"- [{title}]({target})" for title, target in sorted(entries, key=lambda e: e[0].lower())
             if titles.count(title) == 1] # "By hand" and the like say nothing alone
    start = first.text.index(SECTIONS) + len(SECTIONS)
    return first.text[:start] + "\n" + "\n".join(lines) + "\n"


# path → what makes its text from the program and the chapters; the second one reads the first
MADE = {
    f"docs/guide/{RULES}.md": rules_text,
    f"docs/guide/{FIRST}.md": sections_text,
}
