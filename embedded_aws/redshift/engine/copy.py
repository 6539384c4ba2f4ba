"""COPY … FORMAT PARQUET, read with the session of the role that the statement names."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from botocore.exceptions import ClientError

from dataplatform.adapters.s3_objects import place
from embedded_aws.redshift.engine import catalog, parquet
from embedded_aws.redshift.engine.parquet import ParquetFile
from embedded_aws.redshift.engine.words import Words
from embedded_aws.redshift.errors import NotEmulated, SqlError


@dataclass(frozen=True)
class Copy:
    """A parsed COPY. `role` is an ARN or "default"; `columns` is empty where none are listed."""

    table: tuple[str, ...]
    columns: tuple[str, ...]
    source: str
    role: str
    manifest: bool

    @classmethod
    def parse(cls, words: Words) -> Copy:
        """Read the statement; the words stand behind COPY.

        Raises:
            SqlError: a syntax error, or an option that Redshift refuses with Parquet.
            NotEmulated: another format or source.
        """
        table = words.qualified()
        columns: tuple[str, ...] = ()
        if words.accept("("):
            columns = tuple(name.lower() for name in words.names())
            words.expect(")")
        words.expect("FROM")
        source = words.string()
        if not source.startswith("s3://"):
            raise NotEmulated(f"COPY from {source.split(':')[0]}")
        role = _role(words)
        return cls(table, columns, source, role, manifest=_options(words))


def run(
    connection: duckdb.DuckDBPyConnection, copy: Copy, relation: catalog.Relation, s3: Any
) -> int:
    """Load every file; gives the number of rows.

    Raises:
        SqlError: nothing is there, access is denied, or a file doesn't fit.
    """
    columns = [
        c for c in catalog.columns(connection, relation) if "nextval" not in (c.default or "")
    ]
    if copy.columns:
        by_name = {column.name: column for column in columns}
        if missing := [name for name in copy.columns if name not in by_name]:
            raise SqlError(f'column "{missing[0]}" of relation "{relation.name}" does not exist')
        columns = [by_name[name] for name in copy.columns]
    rows = 0
    try:
        with tempfile.TemporaryDirectory(prefix="redshift-copy-") as folder:
            for number, (bucket, key) in enumerate(list(_objects(copy, s3))):
                # DuckDB keeps pages of a path, also where another file of that size takes its place
                path = Path(folder) / f"{number}.parquet"
                s3.download_file(bucket, key, str(path))
                file = ParquetFile(path, bucket, key)
                rows += parquet.load(connection, relation.sql, columns, file)
                path.unlink()
    except ClientError as error:
        details = error.response["Error"]
        if details["Code"] in ("AccessDenied", "403"):
            raise SqlError(
                "S3ServiceException:Access Denied,Status 403,Error AccessDenied,CanRetry 1"
            ) from error
        raise SqlError(
            f"S3ServiceException:{details['Message']},Error {details['Code']}"
        ) from error
    return rows


def _objects(copy: Copy, s3: Any) -> Iterator[tuple[str, str]]:
    bucket, prefix = _location(copy.source)
    if copy.manifest:
        yield from _manifest_entries(bucket, prefix, s3)
        return
    found = False
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            if item["Size"]:
                found = True
                yield bucket, item["Key"]
    if not found:
        raise SqlError(f"The specified S3 prefix '{prefix}' does not exist")


def _manifest_entries(bucket: str, key: str, s3: Any) -> Iterator[tuple[str, str]]:
    document = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    for entry in document["entries"]:
        if "content_length" not in entry.get("meta", {}):
            raise SqlError("COPY from Parquet with a manifest needs meta.content_length")
        file_bucket, file_key = _location(entry["url"])
        try:
            size = s3.head_object(Bucket=file_bucket, Key=file_key)["ContentLength"]
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey") and not entry.get(
                "mandatory"
            ):
                continue
            raise
        if size != entry["meta"]["content_length"]:
            raise parquet.scan_error(
                f"File '{entry['url']}' has {size} bytes, its manifest says "
                f"{entry['meta']['content_length']}"
            )
        yield file_bucket, file_key


def _location(uri: str) -> tuple[str, str]:
    if not uri.startswith("s3://"):  # Hadoop's other names of S3 are none of COPY's
        raise SqlError(f"Invalid S3 URI {uri}")
    try:
        return place(uri)
    except ValueError as error:
        raise SqlError(f"Invalid S3 URI {uri}") from error


def _role(words: Words) -> str:
    if not words.accept("IAM_ROLE"):
        if words.peek() in ("CREDENTIALS", "ACCESS_KEY_ID", "WITH"):
            raise NotEmulated("COPY with keys instead of IAM_ROLE")
        raise words.syntax_error()
    return "default" if words.accept("DEFAULT") else words.string()


def _options(words: Words) -> bool:
    """Whether MANIFEST is among the options; the format must be Parquet."""
    manifest = columnar = False
    while words:
        if words.accept("MANIFEST"):
            manifest = True
        elif words.accept("FORMAT"):
            words.accept("AS")
            columnar = _format(words)
        elif words.peek() == "PARQUET":
            columnar = _format(words)
        elif words.accept("STATUPDATE"):
            if not (words.accept("ON") or words.accept("OFF") or words.accept("TRUE")):
                words.accept("FALSE")
        elif words.peek() in ("CSV", "JSON", "AVRO", "ORC", "DELIMITER", "FIXEDWIDTH"):
            raise NotEmulated(f"COPY in format {words.peek()}")
        else:
            raise SqlError(f"{words.peek() or words.syntax_error()} is not supported with Parquet")
    if not columnar:
        raise NotEmulated("COPY from delimited text")
    return manifest


def _format(words: Words) -> bool:
    if not words.accept("PARQUET"):
        raise NotEmulated(f"COPY in format {words.peek()}")
    return True
