"""Results as the Test Anything Protocol, on standard output."""

LINES = 200 # of what is wrong, for each result


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def note(self, text):
        for line in text.splitlines() or [""]:
            print(f"# {line}", flush=True)

    def note_lines(self, lines):
        for line in lines:
            self.note(line)

    def result(self, name, problems):
        """problems: texts; none: the test passed."""
        self.count += 1
        lines = [line for problem in problems for line in problem.splitlines() or [""]]
        self.note_lines(lines[:LINES])
        if len(lines) > LINES:
            self.note(f"and {len(lines) - LINES} lines more")
        self.failed += bool(problems)
        print(f"{'not ok' if problems else 'ok'} {self.count} - {name}", flush=True)

    def check(self, good, name, why=""):
        """The same of what is good or not; why is told where it is not."""
        self.result(name, [] if good else [str(why)])

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}", flush=True)

    def end(self):
        """Returns the status to exit with."""
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed or self.count == 0 else 0


def skip_all(reason):
    print(f"1..0 # SKIP {reason}", flush=True)
    return 0
