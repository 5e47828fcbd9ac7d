"""From the analysis to what is read: report.json first, then sentences, tables, figures, plots and metrics from it."""
