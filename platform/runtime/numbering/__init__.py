"""Human numbers for records ("SO-202601-0001"): schemes, and the counters behind them."""
