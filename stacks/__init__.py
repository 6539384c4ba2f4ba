"""CDK stacks, one file a concern."""
