"""What the AWS provider decides about one resource, on the local cloud: its name, what a change means, what is there.

Follows pulumi-aws and the bridge it is made with: names made up once and remembered under `__defaults`, default tags in
`tagsAll` (pulumi-aws, provider/tags.go), a resource whose name the program gives is deleted before it is replaced, because
two of one name cannot exist. Not imitated: defaults of single properties, imports, JSON that differs in form only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rehearsal.elb.kinds import LISTENER, RULE
from rehearsal.evaluation.kinds import KINDS
from rehearsal.evaluation.not_played import refuse_what_is_not_played
from rehearsal.evaluation.resources import make, unknown
from rehearsal.lambda_.package import ARCHIVE, ASSET, SIGNATURE
from rehearsal.pulumi_engine.computed import kept
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.kind import Kind

DEFAULTS = "__defaults"
"""Input in which the provider remembers which inputs it made up."""

TAGS = frozenset({"tags", "tagsAll"})

UNTAGGED = frozenset(
    {
        "aws:cloudwatch/eventTarget:EventTarget",
        "aws:codedeploy/deploymentConfig:DeploymentConfig",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:lb/listenerCertificate:ListenerCertificate",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:sns/topicSubscription:TopicSubscription",
        "aws:sqs/queuePolicy:QueuePolicy",
    }
)
"""Types without tags; every other one gets the default tags."""

IDENTITY = ("arn", "arnSuffix", "arnWithoutRevision")
"""Outputs that an update in place never changes."""

Live = Callable[[Declared], Mapping[str, Any]]
"""Answers the properties of a resource that others than Pulumi have changed since."""


@dataclass(frozen=True)
class Change:
    """What differs between a resource and what the program asks for."""

    keys: frozenset[str]
    replacing: frozenset[str]
    """Those of the keys whose change makes a new resource."""
    delete_first: bool
    """Whether the old one must go before the new one is made."""


def check(
    kind: Kind, name: str, olds: Mapping[str, Any], news: Mapping[str, Any], seed: str
) -> dict[str, Any]:
    """Inputs with a physical name: the program's, else the one this resource already has, else one made from `seed`."""
    if kind.named is None or news.get(kind.named):
        return {**news, DEFAULTS: []}
    if kind.named in (olds.get(DEFAULTS) or ()):
        return {**news, kind.named: olds[kind.named], DEFAULTS: [kind.named]}
    return {**kind.with_name(name, news, seed), DEFAULTS: [kind.named]}


def tagged(type_: str, inputs: Mapping[str, Any], default_tags: Mapping[str, str]) -> dict[str, Any]:
    """Inputs with all tags, the resource's own before the default ones."""
    if type_ in UNTAGGED:
        return dict(inputs)
    return {**inputs, "tagsAll": {**default_tags, **(inputs.get("tags") or {})}}


def diff(kind: Kind, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Change:
    """Compare inputs; what is not known yet counts as changed."""
    keys = frozenset(
        key for key in {*olds, *news} - {DEFAULTS} if _compared(olds.get(key)) != _compared(news.get(key))
    )
    replacing = keys & kind.replaced_by
    named = kind.named is not None and kind.named not in (news.get(DEFAULTS) or ())
    return Change(keys, replacing, bool(replacing) and named and kind.named not in keys)


def _compared(value: Any) -> Any:
    """What of a value makes a difference: of files their content, wherever they lie (the bridge's `AssetTranslation`)."""
    if isinstance(value, Mapping) and value.get(SIGNATURE) in (ASSET, ARCHIVE) and value.get("hash"):  # pyright: ignore[reportUnknownMemberType]
        return value["hash"]  # pyright: ignore[reportUnknownVariableType]
    return value


class Lifecycle:
    """Makes, reads, changes and removes resources of one cloud."""

    def __init__(self, cloud: Cloud, live: Live | None = None) -> None:
        """Work on `cloud`; `live` answers what a release has changed, and may be set later."""
        self._cloud = cloud
        self.live = live
        self.changed: Callable[[Declared], None] | None = None
        """Told of every creation and update, so that what runs can follow it."""
        self.removed: Callable[[Declared], None] | None = None
        """Told of every deletion."""

    def create(self, urn: str, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Make a resource; its id and outputs. Raises CannotMake when AWS would refuse it beside what is there."""
        self._look()
        made = make(self._cloud, urn, _type(urn), _name(urn), _without_defaults(inputs))
        if self.changed:
            self.changed(made)
        return made.id, dict(made.outputs)

    def read(
        self, urn: str, resource_id: str, inputs: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Inputs and outputs as they are now; None when the resource is gone."""
        there = self._recorded(urn, resource_id)
        if there is None:
            return None
        now = dict(self.live(there)) if self.live else {}
        return {key: now.get(key, value) for key, value in inputs.items()}, {**there.outputs, **now}

    def update(
        self,
        urn: str,
        resource_id: str,
        olds: tuple[Mapping[str, Any], Mapping[str, Any]],
        news: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Change a resource in place; `olds` are its inputs and outputs. A change of tags alone touches nothing else.

        The provider sends tags by a call of their own (terraform-provider-aws, `HasChangesExcept(tags, tags_all)`), so a
        pipeline whose tags change is not updated and its executions run on.
        """
        old_inputs, old_outputs = olds
        news = {**kept(_type(urn), _without_defaults(old_inputs), news), **news}
        kind, inputs = kind_of(urn), _without_defaults(news)
        added: dict[str, Any] = {}
        if not diff(kind, old_inputs, news).keys <= TAGS:
            refuse_what_is_not_played(_type(urn), _name(urn), inputs, self._cloud.place.region)
            kind.refuse_change(self._cloud, resource_id, inputs)
            added = kind.make(self._cloud, inputs)[1]
        planned_outputs = planned(old_inputs, old_outputs, news)
        identity = {key: old_outputs[key] for key in IDENTITY if key in old_outputs}
        outputs = {**planned_outputs, **added, **identity}
        updated = Declared(urn, _type(urn), _name(urn), resource_id, inputs, outputs)
        self._cloud.add(updated)
        if self.changed:
            self.changed(updated)
        return outputs

    def delete(
        self, urn: str, resource_id: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]
    ) -> None:
        """Remove a resource; the record stays when it already describes the one that took its place. Raises InUse."""
        self._look()
        kind_of(urn).remove(self._cloud, resource_id, _without_defaults(inputs))
        if self.removed:
            self.removed(Declared(urn, _type(urn), _name(urn), resource_id, inputs, outputs))
        there = self._recorded(urn, resource_id)
        if there is not None and there.outputs.get("arn") == outputs.get("arn"):
            self._cloud.remove(urn, resource_id)

    def _look(self) -> None:
        """Put on record what a release changed since: AWS decides by what is there, not by what was declared."""
        if self.live is None:
            return
        for one in (*self._cloud.declared(LISTENER), *self._cloud.declared(RULE)):
            self._cloud.add(replace(one, outputs={**one.outputs, **self.live(one)}))

    def _recorded(self, urn: str, resource_id: str) -> Declared | None:
        found = [one for one in self._cloud.declared(_type(urn)) if (one.urn, one.id) == (urn, resource_id)]
        return found[0] if found else None


def planned(
    old_inputs: Mapping[str, Any], old_outputs: Mapping[str, Any], news: Mapping[str, Any]
) -> dict[str, Any]:
    """Outputs of an update as far as they are known before it."""
    kept = {key: value for key, value in old_outputs.items() if key not in old_inputs}
    return {**kept, **_without_defaults(news)}


def kind_of(urn: str) -> Kind:
    """What the local cloud knows about a URN's type; UnknownType when nothing."""
    type_ = _type(urn)
    if type_ not in KINDS:
        raise unknown(type_, _name(urn))
    return KINDS[type_]


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


def _without_defaults(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key != DEFAULTS}
