"""A sweep's report: its JSON as Markdown and as figures."""
