"""Whether a queue's resource policy lets an AWS service send to it.

AWS document: eventbridge/latest/userguide/eb-rule-dlq.md ("Granting permissions to the dead-letter queue").
Decided by the same evaluator as roles are (ministack's, used as a library).
"""

from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy


def service_may_send(policy: str | None, service: str, queue_arn: str, source_arn: str) -> bool:
    """Whether `service`, for `source_arn`, may `sqs:SendMessage`; without policy none may."""
    if not policy:
        return False
    _, _, _, region, account, _ = queue_arn.split(":", 5)
    question = EvalContext(
        # The caller is the service alone: an ARN no statement's AWS principal can name.
        principal_arn=f"service:{service}",
        principal_type="Service",
        principal_account="",
        action="sqs:SendMessage",
        resource_arn=queue_arn,
        region=region,
        secure_transport=True,
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": account},
    )
    return evaluate_resource_policy(policy, question, service=service).decision == "Allow"
