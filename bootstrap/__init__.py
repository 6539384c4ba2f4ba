"""Makes the environment that Weir runs in; standard library alone, any Python 3.9 or newer."""
