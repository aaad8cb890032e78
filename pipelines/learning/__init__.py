"""How matching learns and says how sure it is: honest probabilities, earned automation, learned payers, backtests."""
