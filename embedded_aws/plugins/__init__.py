"""What MiniStack lacks, one module a subject, each with `install()`."""
