"""Plays scenarios: gathers those that can share a boot, boots, and judges what came of it."""

import json
import os

from . import guest, judge
from .facts import Facts

FACTS_BOUND = 300

# The program may have been built with sanitizers: what they are told outside is told inside, too.
PASSED_ON = ["ASAN_OPTIONS", "UBSAN_OPTIONS"]


class Group:
    """Scenarios with equal machine, kernel, parameters and modules: one boot."""

    def __init__(self, scenario, series, params):
        self.machine = scenario.machine
        self.series = series
        self.params = params
        self.load = scenario.load
        self.extras = scenario.extras
        self.scenarios = []

    def steps(self):
        """Each test is two steps: what the kernel says, and what the program says. A scenario
        finds no files of the one before it."""
        steps, before = [], None
        for number, (scenario, test) in enumerate(self.tests()):
            if test.agree:
                steps.append((f"{number:03}-facts", "facts", FACTS_BOUND))
            clean = "rm -rf /tmp/*\n" if scenario is not before else ""
            steps.append((f"{number:03}-run", f"{clean}{test.run}\n", test.within))
            before = scenario
        return steps

    def tests(self):
        return [(scenario, test) for scenario in self.scenarios for test in scenario.tests]

    def name(self, scenario, test):
        params = f" {self.params}" if len(scenario.params) > 1 else ""
        return f"{scenario.name} on {self.series}{params}: {test.name}"


def is_usual(scenario, series, newest):
    return series in (scenario.usual or [newest])


def gather(scenarios, wanted_kernels=None, newest=None):
    """The boots that these scenarios need; newest: on the kernels that they usually are played on,
    where this is the newest that there is."""
    groups = {}
    for scenario in scenarios:
        for series in scenario.kernels:
            if wanted_kernels and series not in wanted_kernels:
                continue
            if newest and not is_usual(scenario, series, newest):
                continue
            for params in scenario.params or [""]:
                key = (series, scenario.machine.key, params, tuple(scenario.load),
                       tuple(scenario.extras), scenario.name if scenario.alone else None)
                group = groups.setdefault(key, Group(scenario, series, params))
                group.scenarios.append(scenario)
    # The most telling first, should time be up before the end.
    return sorted(groups.values(),
                  key=lambda group: not any(item.usual for item in group.scenarios))


def environment():
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ}


def judge_json(test, result, facts):
    if not test.agree and not test.expect:
        return []
    try:
        document = json.loads(result.out)
    except ValueError as error:
        return [f"its output is no JSON: {error}"]
    problems = []
    try:
        for what in test.agree:
            problems += judge.AGREE[what](document, facts)
    except (KeyError, TypeError) as error:
        problems.append(f"its JSON is not what cli.md says: {error!r}")
    for path, relation, value in test.expect:
        problems += judge.judge_expectation(document, path, relation, value)
    return problems


def judge_test(test, result, facts):
    """Problems of a test: texts; none: passed."""
    problems = []
    if result.status != test.status:
        hung = " (killed: too slow)" if result.status == 137 else ""
        problems.append(f"status {result.status}{hung} instead of {test.status}")
    if "Sanitizer" in result.err or "runtime error:" in result.err:
        problems.append("a sanitizer found something")
    problems += judge_json(test, result, facts)
    problems += [f"does not print: {text}" for text in test.prints if text not in result.out]
    problems += [f"prints: {text}" for text in test.never if text in result.out]
    if problems:
        problems = [f"ran: {test.run}", *problems]
        problems += [f"standard output: {line}" for line in result.out.splitlines()[:60]]
        problems += [f"standard error: {line}" for line in result.err.splitlines()[:60]]
    return problems


def play(group, kernel, program):
    """Boots once; returns (name, problems, lines to show) of each test, and the boot."""
    outcome = guest.boot(group.machine, kernel, group.params, group.steps(), group.load, program,
                         environment(), group.extras)
    judged = []
    for number, (scenario, test) in enumerate(group.tests()):
        result = outcome.results.get(f"{number:03}-run")
        shown = result.out.splitlines() if result and test.shown else []
        facts = outcome.results.get(f"{number:03}-facts")
        if not result:
            problems = [f"it was not reached: {outcome.trouble}"]
        elif facts and facts.status != 0:
            problems = [f"the kernel's facts could not be read: {facts.err}"]
        else:
            problems = judge_test(test, result, Facts(facts.out) if facts else None)
        judged.append((group.name(scenario, test), problems, shown))
    return judged, outcome
