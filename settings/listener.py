"""A listener that a service shares: whose it is, and the rules by which requests come to the service."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from documents.listener_rules import (
    HIGHEST_PRIORITY,
    LOWEST_PRIORITY,
    Conditions,
    balancer_of,
    check,
    check_header,
    check_host,
    check_method,
    check_path,
    check_source,
    check_value,
)
from settings.base import Group, no_repeats

ListenerArn = Annotated[
    str,
    Field(
        pattern=r"^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:listener/app/[A-Za-z0-9-]+/[0-9a-f]+/[0-9a-f]+$"
    ),
]


def _reachable(path: str) -> str:
    """A pattern of which some request can be; ELB takes others too, and no request ever comes by them."""
    if path[:1] not in {"/", "*", "?"}:
        raise ValueError(f"{path!r} begins with no slash, and every request's path does: write it as /{path}")
    return check_path(path)


Hosts = Annotated[list[Annotated[str, AfterValidator(check_host)]], AfterValidator(no_repeats)]
Paths = Annotated[list[Annotated[str, AfterValidator(_reachable)]], AfterValidator(no_repeats)]
Methods = Annotated[list[Annotated[str, AfterValidator(check_method)]], AfterValidator(no_repeats)]
Sources = Annotated[list[Annotated[str, AfterValidator(check_source)]], AfterValidator(no_repeats)]
HeaderName = Annotated[str, AfterValidator(check_header)]
Value = Annotated[str, AfterValidator(check_value)]


class QueryString(Group):
    """A part of the query."""

    key: Value | None = Field(default=None, description="Its key; without one the value of any key.")
    value: Value = Field(description="Its value; `*` and `?` are wildcards, after a backslash themselves.")


class ListenerRule(Group):
    """Which requests are the service's: those that meet every condition given, each by one of its values."""

    priority: int = Field(
        ge=LOWEST_PRIORITY,
        le=HIGHEST_PRIORITY,
        description="When the listener tries the rule: lower numbers first, one rule a number.",
    )
    hosts: Hosts = Field(default=[], description="Host names, such as `*.example.com`.")
    paths: Paths = Field(default=[], description="Paths without the query, such as `/api/*`; case counts.")
    headers: dict[HeaderName, Annotated[list[Value], Field(min_length=1), AfterValidator(no_repeats)]] = (
        Field(default={}, description="Values by the name of the HTTP header.")
    )
    query_strings: list[QueryString] = Field(
        default=[], description="Parts of the query, one of which is there."
    )
    methods: Methods = Field(default=[], description="Request methods.")
    source_ips: Sources = Field(
        default=[], description="Addresses that requests come from, as ranges; a proxy's where there is one."
    )

    @property
    def conditions(self) -> Conditions:
        """The rule's conditions as documents have them."""
        return Conditions(
            hosts=self.hosts,
            paths=self.paths,
            methods=self.methods,
            sources=self.source_ips,
            headers=[(name, values) for name, values in self.headers.items()],
            queries=[[(one.key, one.value) for one in self.query_strings]] if self.query_strings else [],
        )

    @model_validator(mode="after")
    def _taken_by_elb(self) -> "ListenerRule":
        check(self.conditions)
        return self


Rules = Annotated[list[ListenerRule], Field(min_length=1)]


class TestRoute(Group):
    """Where the new version is seen before it gets production traffic."""

    __test__ = False  # no test of pytest's
    arn: ListenerArn | None = Field(
        default=None,
        description="ARN of a test listener of the same load balancer; default: the test listener of the service that is named, "
        "and where ECS moves traffic the production listener.",
    )
    rules: Rules = Field(description="Which of its requests are test traffic: one rule.")


class SharedListener(Group):
    """A listener owned elsewhere, by its ARN, or the own listener of another service of the stack, by that service's name."""

    arn: ListenerArn | None = Field(default=None, description="ARN of a listener that others own.")
    service: str | None = Field(
        default=None, description="Name of the service of this stack whose listener it is."
    )
    rules: Rules = Field(
        description="Rules that bring requests to the service. Whoever moves traffic owns their actions. One rule: no AWS document says "
        "what CodeDeploy does with rules (production programs show that it moves the one that forwards to the service); ECS "
        "documents it and takes one too (`rollout.by: ecs`), several only with `rollout.strategy: rolling`."
    )
    test: TestRoute | None = Field(default=None, description="Test traffic, by a rule of a test listener.")

    @model_validator(mode="after")
    def _one_owner(self) -> "SharedListener":
        if (self.arn is None) == (self.service is None):
            raise ValueError(
                "needs exactly one of arn (a listener owned elsewhere) and service (a service of this stack); give one"
            )
        return self

    @model_validator(mode="after")
    def _test_beside_it(self) -> "SharedListener":
        test = self.test.arn if self.test else None
        if test is None or self.arn is None:
            return self
        if test == self.arn:
            raise ValueError(
                f"test.arn {test!r} is the production listener itself: leave it out, or name another listener of its load balancer"
            )
        if balancer_of(test) != balancer_of(self.arn):
            raise ValueError(
                f"test.arn {test!r} is on another load balancer than arn {self.arn!r}, and a target group has one "
                "(Elastic Load Balancing User Guide, load-balancer-limits): name a listener of the same"
            )
        return self
