"""The padding-impact pipeline: one module per DVC stage, and the rooms of library code behind them."""
