"""The one exception that stands for a mistake of the user's, and how its sentences name an option."""


class AuditError(Exception):
    """A model or data that cannot be audited: one sentence that says what is missing and what to do."""


def option(name: str) -> str:
    """An option as the command line takes it, `make audit`, and the table `audit` of params.yaml."""
    key = name.replace("-", "_")
    return f"--{name} (make: {key.upper()}=, params.yaml: {key})"
