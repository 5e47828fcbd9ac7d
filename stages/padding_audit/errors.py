"""The one exception that stands for a mistake of the user's."""


class AuditError(Exception):
    """A model or data that cannot be audited: one sentence that says what is missing and what to do."""
