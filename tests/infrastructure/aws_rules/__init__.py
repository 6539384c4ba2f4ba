"""What only AWS enforces: the embedded AWS lets each of these pass, and an account would not.

Each rule names where AWS (or who found it out) says so.
"""
