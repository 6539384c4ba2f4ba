"""From a sample of data to a contract that takes all of it: no more than the sample shows."""
