"""The tables of report.md by topic: rows of strings, every number written as everywhere else."""
