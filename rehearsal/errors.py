"""The one error that a rehearsal's user reads: the value seen, the rule it breaks, what to do."""


class RehearsalError(Exception):
    """Something outside the program keeps the rehearsal from going on.

    Never used for what AWS itself would answer: refused calls are `rehearsal.identity.authority.AccessDenied`.
    """

    def __init__(self, value: str, rule: str, remedy: str) -> None:
        """Say it in one sentence of three parts, each without its own full stop."""
        super().__init__(f"{value}: {rule}; {remedy}")
        self.value = value
        """What was seen."""
        self.rule = rule
        """What should have been so."""
        self.remedy = remedy
        """What the reader can do about it."""
