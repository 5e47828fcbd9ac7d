"""The figures of the report, one module a topic: same numbers, same bytes."""
