"""The end of a month: open items by age, bank balances proven day by day, and the folder for the tax adviser."""
