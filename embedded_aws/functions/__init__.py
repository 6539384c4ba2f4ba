"""Lambda functions in Python: one process an execution environment, as isolated as AWS's.

MiniStack's own worker runs functions with the server's interpreter and packages, reports every
exception as `Runtime.HandlerError`, kills the environment after each and unpacks each layer again
for each environment. Weir's retries are chosen by error class and its lake layer has 174 MB.
"""

from embedded_aws.functions.plugin import install

__all__ = ["install"]
