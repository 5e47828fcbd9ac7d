"""From states and scores on disk to estimates, intervals and verdicts: where files, params and statistics meet."""
