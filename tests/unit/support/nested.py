"""A contract of orders with an address and lines, and what its models read."""

from __future__ import annotations

NESTED = """\
apiVersion: v3.1.0
kind: DataContract
id: 5a0c0f2e-0000-4000-8000-000000000009
version: 1.0.0
status: active
domain: shop
servers:
  - {server: landing, type: s3, location: s3://landing/orders/, format: json}
schema:
  - name: orders
    description: One row for each order.
    customProperties:
      - {property: ordering, value: changed_at}
    properties:
      - {name: order_id, logicalType: integer, required: true, primaryKey: true}
      - {name: changed_at, logicalType: timestamp, required: true}
      - name: address
        description: Where it goes.
        logicalType: object
        properties:
          - {name: city, logicalType: string, physicalName: City, required: true}
          - {name: zip, logicalType: integer, logicalTypeOptions: {minimum: 1000}}
          - name: geo
            logicalType: object
            properties:
              - {name: lat, logicalType: number, physicalType: "DECIMAL(9,6)"}
      - name: lines
        logicalType: array
        logicalTypeOptions: {minItems: 1}
        items:
          logicalType: object
          properties:
            - {name: sku, logicalType: string, required: true}
            - {name: qty, logicalType: integer, required: true}
            - {name: price, logicalType: number, physicalType: "DECIMAL(10,2)"}
      - name: tags
        logicalType: array
        items: {logicalType: string}
"""


def nested(*changes: tuple[str, str]) -> str:
    """The contract with some of its text replaced; each must be there."""
    text = NESTED
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text
