"""Pod security standards: levels, the checks behind them, and what a namespace's labels ask for; no plugin."""
