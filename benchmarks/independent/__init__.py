"""A trial by an outsider: companies, payers and bank files that know nothing of kontoklar but its command line.

Nothing here imports the product. What is checked is what a user would see: files in, commands, tables out.
"""
