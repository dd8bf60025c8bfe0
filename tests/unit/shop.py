"""What the descriptor of an ordinary stack says."""

from dataclasses import replace

from documents.descriptor import DeploymentDescriptor, ServiceDescriptor, StackDescriptor

PREFIX = "templates/0123456789abcdef"
WEB = ServiceDescriptor[str](
    cluster="apps",
    service="shop-stg-web",
    deployment=DeploymentDescriptor(code_deploy_application="shop-stg-web", deployment_group="shop-stg-web"),
    container="app",
    port=8080,
    listener_arn="arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/b/1/2",
    url="http://shop.example",
    log_group="/delivery/shop/stg/web",
)
MOVED = replace(WEB, deployment=None)
"""The same service, whose traffic ECS itself moves."""
SHOP = StackDescriptor[str](
    application="shop",
    stack="stg",
    account="123456789012",
    region="us-east-1",
    pipeline="shop-stg",
    project="shop-stg-migrate",
    repository="shop",
    repository_url="123456789012.dkr.ecr.us-east-1.amazonaws.com/shop",
    push_role_arn=None,
    tag="stg",
    bucket="shop-stg-artifacts-1",
    template_prefix=PREFIX,
    undelivered_queue_url="https://queue",
    services={"web": WEB},
    migration_log_group="/delivery/shop/stg/migrate",
)
