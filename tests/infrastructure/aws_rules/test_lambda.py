"""What only AWS enforces of functions and queues; see this package."""

from __future__ import annotations

from tests.infrastructure.assembly import Assembly, Resource

FUNCTION_MEMORY_OF_A_NEW_ACCOUNT = 3008


def _platform_functions(assembly: Assembly) -> list[Resource]:
    return [
        function
        for function in assembly.resources("AWS::Lambda::Function")
        if str(function.properties["Handler"]).startswith("lambdas.")
    ]


def test_python_is_the_one_that_the_lake_layer_is_built_for(stage: Assembly) -> None:
    """Python 3.11 is Amazon Linux 2, glibc 2.26; the layer's own test looks at its binaries.

    What another `runtime` asks for: tests/infrastructure/test_runtime.py.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
    """
    for function in _platform_functions(stage):
        assert function.properties["Runtime"] == "python3.11", function
        assert function.properties["Architectures"] == ["x86_64"], function


def test_memory_is_what_a_new_account_may_ask_for(stage: Assembly) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html"""
    for function in _platform_functions(stage):
        assert function.properties["MemorySize"] <= FUNCTION_MEMORY_OF_A_NEW_ACCOUNT, function


def test_no_concurrency_is_reserved(stage: Assembly) -> None:
    """A new account has ten, and ten must stay unreserved.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    """
    for function in stage.resources("AWS::Lambda::Function"):
        assert "ReservedConcurrentExecutions" not in function.properties, function
    for mapping in stage.resources("AWS::Lambda::EventSourceMapping"):
        assert mapping.properties["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_a_queue_hides_a_message_for_six_times_its_functions_time(stage: Assembly) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    functions = {r.logical_id: r for r in stage.resources("AWS::Lambda::Function")}
    queues = {r.logical_id: r for r in stage.resources("AWS::SQS::Queue")}
    for mapping in stage.resources("AWS::Lambda::EventSourceMapping"):
        function = functions[mapping.properties["FunctionName"]["Ref"]]
        queue = queues[mapping.properties["EventSourceArn"]["Fn::GetAtt"][0]]
        window = mapping.properties["MaximumBatchingWindowInSeconds"]
        hidden = queue.properties["VisibilityTimeout"]
        assert hidden >= 6 * function.properties["Timeout"] + window
        assert mapping.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
