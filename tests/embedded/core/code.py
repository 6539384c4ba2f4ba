"""What the functions of the stack under test do."""

from __future__ import annotations

from typing import Final

WORKER: Final = """
import json, os, sys, time
import boto3

class SourceUnavailable(Exception): pass

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
s3 = boto3.client("s3")

def handler(event, context):
    if "Records" in event:
        failures = []
        keys = []
        for record in event["Records"]:
            key = json.loads(record["body"])["detail"]["object"]["key"]
            keys.append(key)
            if "poison" in key:
                failures.append({"itemIdentifier": record["messageId"]})
        for key in keys:
            table.update_item(Key={"pk": key}, UpdateExpression="ADD n :one SET together = :size",
                              ExpressionAttributeValues={":one": 1, ":size": len(keys)})
        return {"batchItemFailures": failures}
    match event.get("do"):
        case "sleep": time.sleep(event["seconds"])
        case "eat":
            eaten = bytearray(event["mib"] << 20)
            time.sleep(2)  # memory is looked at four times a second, so it is held for longer
            return len(eaten)
        case "put": s3.put_object(Bucket=event["bucket"], Key="k", Body=b"1")
        case "get":
            answer = s3.get_object(Bucket=event["bucket"], Key=event["key"])
            return answer["Body"].read().decode()
        case "import": return str(__import__(event["module"]))
        case "environment": return dict(os.environ) | {"cwd": os.getcwd()}
        case "secret":
            secrets = boto3.client("secretsmanager")
            return secrets.get_secret_value(SecretId=os.environ["SECRET"])["SecretString"]
        case "fail": raise SourceUnavailable(event.get("why", "503"))
    return event
"""

TRANSFORM: Final = """
import base64
def handler(event, context):
    return {"records": [
        {"recordId": r["recordId"], "data": r["data"],
         "result": "ProcessingFailed" if b"bad" in base64.b64decode(r["data"]) else "Ok"}
        for r in event["records"]]}
"""
