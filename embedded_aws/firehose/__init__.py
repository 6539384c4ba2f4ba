"""Firehose to S3 with its buffering: one object an interval or a size, compressed.

MiniStack writes an object for each record at once and keeps every record in memory.
"""

from embedded_aws.firehose.plugin import install

__all__ = ["install"]
