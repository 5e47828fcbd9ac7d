"""How a stage runs: its command line, its files, its workers."""
