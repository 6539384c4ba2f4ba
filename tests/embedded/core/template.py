"""The stack under test: every service that the platform leans on, once."""

from __future__ import annotations

from typing import Any, Final

from tests.embedded.core.code import TRANSFORM, WORKER
from tests.embedded.core.parts import att, bucket, function, machine, objects, role

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
    "Landing": bucket(
        NotificationConfiguration={"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    ),
    "Locked": bucket(),
    "Stream": bucket(),
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        },
    },
    "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "api-key"}},
    "WorkerRole": role(
        "lambda",
        {"Action": "dynamodb:UpdateItem", "Resource": att("Table")},
        {"Action": "sqs:*", "Resource": att("Queue")},
        {"Action": "secretsmanager:GetSecretValue", "Resource": {"Ref": "Secret"}},
        {"Action": "s3:GetObject", "Resource": [objects("Landing"), objects("Locked")]},
        {
            "Action": "kms:Decrypt",
            "Resource": att("Key"),
            "Condition": {"Bool": {"kms:never": "true"}},
        },
    ),
    "Worker": function(
        WORKER,
        "WorkerRole",
        Environment={"Variables": {"TABLE": {"Ref": "Table"}, "SECRET": {"Ref": "Secret"}}},
    ),
    "Dead": {"Type": "AWS::SQS::Queue"},
    "Queue": {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "VisibilityTimeout": 3,
            "RedrivePolicy": {"deadLetterTargetArn": att("Dead"), "maxReceiveCount": 2},
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
                        "Resource": att("Queue"),
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
            "Targets": [{"Id": "queue", "Arn": att("Queue")}],
        },
    },
    "Mapping": {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "FunctionName": {"Ref": "Worker"},
            "EventSourceArn": att("Queue"),
            "BatchSize": 20,
            "MaximumBatchingWindowInSeconds": 2,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        },
    },
    "StatesRole": role("states", {"Action": "lambda:InvokeFunction", "Resource": att("Worker")}),
    "Machine": machine("StatesRole"),
    "PowerlessRole": role("states"),
    "PowerlessMachine": machine("PowerlessRole"),
    "TransformRole": role("lambda"),
    "Transform": function(TRANSFORM, "TransformRole"),
    "FirehoseRole": role(
        "firehose",
        {"Action": "s3:PutObject", "Resource": objects("Stream")},
        {"Action": "lambda:InvokeFunction", "Resource": att("Transform")},
    ),
    "Firehose": {
        "Type": "AWS::KinesisFirehose::DeliveryStream",
        "Properties": {
            "ExtendedS3DestinationConfiguration": {
                "BucketARN": att("Stream"),
                "RoleARN": att("FirehoseRole"),
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
                                    "ParameterValue": att("Transform"),
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
} | {"Cidr": {"Value": att("Vpc", "CidrBlock")}, "KeyArn": {"Value": att("Key")}}

TEMPLATE: Final[dict[str, Any]] = {"Resources": RESOURCES, "Outputs": OUTPUTS}
