"""The stack under test: every service that the platform leans on, once."""

from __future__ import annotations

from typing import Any, Final

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


def _att(resource: str, attribute: str = "Arn") -> dict[str, Any]:
    return {"Fn::GetAtt": [resource, attribute]}


def _role(service: str, *statements: dict[str, Any]) -> dict[str, Any]:
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": f"{service}.amazonaws.com"},
    }
    allowed = [{"Effect": "Allow", **statement} for statement in statements]
    policies = [{"PolicyName": "own", "PolicyDocument": {"Statement": allowed}}] if allowed else []
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": {"Statement": [trust]}, "Policies": policies},
    }


def _function(code: str, role: str, **properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.11",
            "Handler": "index.handler",
            "Code": {"ZipFile": code},
            "Role": _att(role),
            "MemorySize": 256,
            "Timeout": 3,
            **properties,
        },
    }


def _bucket(**properties: Any) -> dict[str, Any]:
    encryption = {
        "ServerSideEncryptionConfiguration": [
            {
                "BucketKeyEnabled": True,
                "ServerSideEncryptionByDefault": {
                    "SSEAlgorithm": "aws:kms",
                    "KMSMasterKeyID": _att("Key"),
                },
            }
        ]
    }
    return {
        "Type": "AWS::S3::Bucket",
        "Properties": {
            "BucketEncryption": encryption,
            "VersioningConfiguration": {"Status": "Enabled"},
            **properties,
        },
    }


def _objects(bucket: str) -> dict[str, Any]:
    return {"Fn::Sub": "${" + bucket + ".Arn}/*"}


def _machine(role: str) -> dict[str, Any]:
    retry = {
        "ErrorEquals": ["SourceUnavailable"],
        "IntervalSeconds": 1,
        "MaxAttempts": 2,
        "BackoffRate": 10,
        "MaxDelaySeconds": 1,
        "JitterStrategy": "FULL",
    }
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "${Worker}", "Payload.$": "$"},
        "ResultSelector": {"answer.$": "$.Payload"},
        "Retry": [retry],
        "End": True,
    }
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": _att(role),
            "Definition": {
                "StartAt": "Each",
                "States": {
                    "Each": {
                        "Type": "Map",
                        "ItemsPath": "$.items",
                        "MaxConcurrency": 2,
                        "ItemProcessor": {"StartAt": "Call", "States": {"Call": call}},
                        "End": True,
                    }
                },
            },
            "DefinitionSubstitutions": {"Worker": _att("Worker")},
        },
    }


RESOURCES: Final[dict[str, Any]] = {
    "Key": {
        "Type": "AWS::KMS::Key",
        "Properties": {
            "KeyPolicy": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "kms:*",
                        "Resource": "*",
                        "Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}},
                    }
                ]
            }
        },
    },
    "Landing": _bucket(
        NotificationConfiguration={"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    ),
    "Locked": _bucket(),
    "Stream": _bucket(),
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        },
    },
    "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "api-key"}},
    "WorkerRole": _role(
        "lambda",
        {"Action": "dynamodb:UpdateItem", "Resource": _att("Table")},
        {"Action": "sqs:*", "Resource": _att("Queue")},
        {"Action": "secretsmanager:GetSecretValue", "Resource": {"Ref": "Secret"}},
        {"Action": "s3:GetObject", "Resource": [_objects("Landing"), _objects("Locked")]},
        {
            "Action": "kms:Decrypt",
            "Resource": _att("Key"),
            "Condition": {"Bool": {"kms:never": "true"}},
        },
    ),
    "Worker": _function(
        WORKER,
        "WorkerRole",
        Environment={"Variables": {"TABLE": {"Ref": "Table"}, "SECRET": {"Ref": "Secret"}}},
    ),
    "Dead": {"Type": "AWS::SQS::Queue"},
    "Queue": {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "VisibilityTimeout": 3,
            "RedrivePolicy": {"deadLetterTargetArn": _att("Dead"), "maxReceiveCount": 2},
        },
    },
    "QueuePolicy": {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [{"Ref": "Queue"}],
            "PolicyDocument": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "sqs:SendMessage",
                        "Resource": _att("Queue"),
                        "Principal": {"Service": "events.amazonaws.com"},
                    }
                ]
            },
        },
    },
    "Arrived": {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": {
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"bucket": {"name": [{"Ref": "Landing"}]}},
            },
            "Targets": [{"Id": "queue", "Arn": _att("Queue")}],
        },
    },
    "Mapping": {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "FunctionName": {"Ref": "Worker"},
            "EventSourceArn": _att("Queue"),
            "BatchSize": 20,
            "MaximumBatchingWindowInSeconds": 2,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        },
    },
    "StatesRole": _role("states", {"Action": "lambda:InvokeFunction", "Resource": _att("Worker")}),
    "Machine": _machine("StatesRole"),
    "PowerlessRole": _role("states"),
    "PowerlessMachine": _machine("PowerlessRole"),
    "TransformRole": _role("lambda"),
    "Transform": _function(TRANSFORM, "TransformRole"),
    "FirehoseRole": _role(
        "firehose",
        {"Action": "s3:PutObject", "Resource": _objects("Stream")},
        {"Action": "lambda:InvokeFunction", "Resource": _att("Transform")},
    ),
    "Firehose": {
        "Type": "AWS::KinesisFirehose::DeliveryStream",
        "Properties": {
            "ExtendedS3DestinationConfiguration": {
                "BucketARN": _att("Stream"),
                "RoleARN": _att("FirehoseRole"),
                "Prefix": "pos/",
                "ErrorOutputPrefix": "failed/!{firehose:error-output-type}/",
                "CompressionFormat": "GZIP",
                "BufferingHints": {"IntervalInSeconds": 3, "SizeInMBs": 1},
                "ProcessingConfiguration": {
                    "Enabled": True,
                    "Processors": [
                        {
                            "Type": "Lambda",
                            "Parameters": [
                                {
                                    "ParameterName": "LambdaArn",
                                    "ParameterValue": _att("Transform"),
                                }
                            ],
                        }
                    ],
                },
            }
        },
    },
    "FlowLog": {
        "Type": "AWS::EC2::FlowLog",
        "Properties": {"ResourceId": "vpc-1", "ResourceType": "VPC"},
    },
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.7.0.0/16"}},
}

OUTPUTS: Final[dict[str, Any]] = {
    name: {"Value": {"Ref": name}}
    for name in (
        *("Landing", "Locked", "Stream", "Table", "Secret", "Worker", "Dead"),
        *("Machine", "PowerlessMachine", "Firehose", "WorkerRole"),
    )
} | {"Cidr": {"Value": _att("Vpc", "CidrBlock")}, "KeyArn": {"Value": _att("Key")}}

TEMPLATE: Final[dict[str, Any]] = {"Resources": RESOURCES, "Outputs": OUTPUTS}
