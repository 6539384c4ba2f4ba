"""What a function imports before its first call: its own layers suffice, and nothing more comes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from embedded_aws.functions.environment import runtime_packages
from stacks.assets import lambda_code
from stacks.packaging import BASE
from tests.infrastructure.assembly import Assembly

_IMPORT = """
import importlib, json, os, sys
sys.path[:] = os.environ["IMPORT_PATH"].split(os.pathsep) + sys.path
for module in sys.argv[1:]:
    importlib.import_module(module)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
_ITS_OWN = {"dataplatform", "lambdas", "aws_lambda_powertools", "typing_extensions"}
_OF_THE_RUNTIME = {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"}


def _without_the_lake(assembly: Assembly) -> list[str]:
    return sorted(
        str(function.properties["Handler"]).rpartition(".")[0]
        for function in assembly.resources("AWS::Lambda::Function")
        if str(function.properties["Handler"]).startswith("lambdas.")
        and len(function.properties["Layers"]) == 1
    )


def test_functions_without_the_lake_import_boto3_and_powertools_alone(
    dev: Assembly, tmp_path: Path
) -> None:
    """From the very archives that are deployed: the import path has nothing else to offer."""
    modules = _without_the_lake(dev)
    for trigger in ("ingest_api", "register_object", "start_run", "transform_events"):
        assert f"lambdas.{trigger}.handler" in modules
    path = [lambda_code(), BASE.zip() / "python", runtime_packages(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-S", "-c", _IMPORT, *modules],
        env={
            "IMPORT_PATH": os.pathsep.join(map(str, path)),
            "AWS_DEFAULT_REGION": "us-east-1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    imported = set(json.loads(done.stdout)) - set(sys.stdlib_module_names)
    foreign = {name for name in imported if not name.startswith("_")}
    assert foreign <= _ITS_OWN | _OF_THE_RUNTIME, foreign
