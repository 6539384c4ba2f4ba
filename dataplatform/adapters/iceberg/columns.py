"""The platform's own columns of the tables that a plan asks for."""

from __future__ import annotations

from typing import Final

from dataplatform.naming import BronzeColumn, SilverColumn
from dataplatform.plans.model import Column

BRONZE_COLUMNS: Final = (
    Column(name=BronzeColumn.EXTRA, type="string", description="JSON of unknown fields"),
    Column(name=BronzeColumn.BATCH_ID, type="string", required=True, description="Batch"),
    Column(name=BronzeColumn.OBJECT, type="string", required=True, description="Landing key"),
    Column(name=BronzeColumn.VERSION, type="string", required=True, description="Its S3 version"),
    Column(
        name=BronzeColumn.CHECKSUM,
        type="string",
        required=True,
        description="SHA-256 of the object's bytes as landed",
    ),
    Column(
        name=BronzeColumn.POSITION,
        type="bigint",
        required=True,
        description="Number of the record in its object, from 1",
    ),
    Column(
        name=BronzeColumn.ARRIVED_AT,
        type="timestamp",
        required=True,
        description="When the object landed",
    ),
    Column(
        name=BronzeColumn.OP, type="string", required=True, description="insert, update or delete"
    ),
)
"""Of a bronze table, beside the contract's."""

SILVER_COLUMNS: Final = (
    Column(name=SilverColumn.CHECKSUM, type="string", description="Object that wrote the row last"),
    Column(name=SilverColumn.POSITION, type="bigint", description="Place in that object"),
    Column(name=SilverColumn.BATCH_ID, type="string", description="Batch that wrote the row last"),
    Column(name=SilverColumn.SEQUENCE, type="bigint", description="Number of that change"),
    Column(name=SilverColumn.LOADED_AT, type="timestamp", description="When that was"),
)
"""Of a silver table, beside the contract's."""

QUARANTINE_COLUMNS: Final = (
    Column(name="dataset", type="string", required=True, description="Contract"),
    Column(name="batch_id", type="string", required=True, description="Batch"),
    Column(name="run_id", type="string", required=True, description="Run of the pipeline"),
    Column(name="object", type="string", required=True, description="Landing key"),
    Column(name="version", type="string", required=True, description="Its S3 version"),
    Column(
        name="position",
        type="bigint",
        description="Number of the record in its object, from 1; null: the whole object",
    ),
    Column(
        name="record",
        type="string",
        description="JSON: an object of the columns, or a string with the source text",
    ),
    Column(name="reasons", type="string", required=True, description="JSON array of reasons"),
    Column(name="quarantined_at", type="timestamp", required=True, description="When"),
)
"""Of the quarantine, one table for all datasets."""
