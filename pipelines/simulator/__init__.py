"""A bank to test against: one made-up truth, told by a finAPI server, a FinTS server and files (``simulate bank``).

It knows what is true; kontoklar only sees what the servers tell. Nothing here is needed to run kontoklar.
"""
