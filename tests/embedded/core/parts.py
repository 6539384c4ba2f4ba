"""Parts of the stack under test, as CloudFormation has them."""

from __future__ import annotations

from typing import Any


def att(resource: str, attribute: str = "Arn") -> dict[str, Any]:
    return {"Fn::GetAtt": [resource, attribute]}


def role(service: str, *statements: dict[str, Any]) -> dict[str, Any]:
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


def function(code: str, role: str, **properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.11",
            "Handler": "index.handler",
            "Code": {"ZipFile": code},
            "Role": att(role),
            "MemorySize": 256,
            "Timeout": 3,
            **properties,
        },
    }


def bucket(**properties: Any) -> dict[str, Any]:
    encryption = {
        "ServerSideEncryptionConfiguration": [
            {
                "BucketKeyEnabled": True,
                "ServerSideEncryptionByDefault": {
                    "SSEAlgorithm": "aws:kms",
                    "KMSMasterKeyID": att("Key"),
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


def objects(bucket: str) -> dict[str, Any]:
    return {"Fn::Sub": "${" + bucket + ".Arn}/*"}


def machine(role: str) -> dict[str, Any]:
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
            "RoleArn": att(role),
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
            "DefinitionSubstitutions": {"Worker": att("Worker")},
        },
    }
