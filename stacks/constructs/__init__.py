"""House constructs: each holds the defaults of one kind of resource."""
