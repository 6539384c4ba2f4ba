"""Runtime shared by the Lambda functions, the Glue jobs and the command line."""
