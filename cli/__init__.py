"""The command line: a module or a folder for each verb; their names and options are in `verbs`."""
