"""Results as the Test Anything Protocol."""


class Tap:
    def __init__(self, stream):
        self.stream = stream
        self.count = 0
        self.failed = 0

    def _print(self, text):
        print(text, file=self.stream, flush=True)

    def note(self, text):
        for line in text.splitlines() or [""]:
            self._print(f"# {line}")

    def note_lines(self, lines):
        for line in lines:
            self.note(line)

    def result(self, name, problems):
        """problems: texts; none: the test passed."""
        self.count += 1
        for problem in problems:
            self.note(problem)
        self.failed += bool(problems)
        self._print(f"{'not ok' if problems else 'ok'} {self.count} - {name}")

    def skip(self, name, reason):
        self.count += 1
        self._print(f"ok {self.count} - {name} # SKIP {reason}")

    def end(self):
        self._print(f"1..{self.count}")
        return 1 if self.failed or self.count == 0 else 0


def skip_all(stream, reason):
    print(f"1..0 # SKIP {reason}", file=stream, flush=True)
    return 0
