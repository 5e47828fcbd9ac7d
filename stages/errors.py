"""The one exception that stands for a mistake of the user's."""


class UserError(Exception):
    """A mistake in the user's input: one sentence that names the file, row, key or value and what to do.

    A stage that meets one prints the sentence and exits with code 2, without a traceback. Every other exception is a
    fault of the program and keeps its traceback.
    """
