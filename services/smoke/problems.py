"""The one way in which a suite is refused."""


class SuiteProblem(Exception):
    """A smoke suite cannot be used as it is written.

    Attributes:
        file: the file at fault, as it was named.
        line: its line, counted from 1; 0 when the file as a whole is meant.
        reason: what is wrong, and where there is one, the right form.
    """

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason
