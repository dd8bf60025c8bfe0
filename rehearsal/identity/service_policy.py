"""Whether a resource's own policy lets an AWS service do something to it.

AWS documents: eventbridge/latest/userguide/eb-rule-dlq.md ("Granting permissions to the dead-letter queue"),
eb-use-resource-based.md. Decided by the same evaluator as roles are (ministack's, used as a library).
"""

from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy


def service_may(policy: str | None, service: str, action: str, resource_arn: str, source_arn: str) -> bool:
    """Whether `service`, for `source_arn`, may do `action`; without policy none may."""
    if not policy:
        return False
    region, account = resource_arn.split(":", 5)[3:5]
    question = EvalContext(
        # The caller is the service alone: an ARN no statement's AWS principal can name.
        principal_arn=f"service:{service}",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource_arn,
        region=region,
        secure_transport=True,
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": account},
    )
    return evaluate_resource_policy(policy, question, service=service).decision == "Allow"
