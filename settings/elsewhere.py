"""Holds everything the settings name by ARN or host against the place the stack lives in.

What must be in the stack's own Region or account, and what may be elsewhere, follows AWS's documents; each rule names its
own. Nothing at all may be in another partition, whose accounts and credentials are its own (IAM User Guide, reference-arns).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from documents import arns, images, secrets
from documents.nested import is_list
from documents.place import Place, partition_of
from settings import NAMESPACE, Settings
from settings.existing import Existing
from settings.findings import SettingsError
from settings.listener import SharedListener
from settings.load_balancer import LoadBalancer
from settings.rollout import Rollout
from settings.service import Service

REGION, ACCOUNT = "Region", "account"


@dataclass(frozen=True)
class Named:
    """One thing that the settings name."""

    path: str
    value: str
    own: frozenset[str] = frozenset()
    """Which of Region and account must be the stack's."""
    why: str = ""
    """The rule behind `own`."""
    shown: bool = True
    """Whether a message may repeat the value; a secret's reference it may not, since it stands where a secret could."""


_BOTH = frozenset({REGION, ACCOUNT})


def refuse_elsewhere(settings: Settings, place: Place) -> None:
    """Raise SettingsError with one sentence for each thing that is where a stack in `place` cannot use it.

    Also for a Region that is none of the partition.
    """
    try:
        expected = partition_of(place.region).name
    except ValueError as error:
        raise SettingsError(f"aws:region: {error}") from None
    findings: list[str] = []
    if expected != place.partition:
        findings.append(
            f"aws:region is {place.region}, of partition {expected}, and the credentials are of partition {place.partition}: "
            "use credentials of an account there, or a Region of theirs"
        )
    findings += [finding for one in _named(settings) if (finding := _finding(one, place))]
    findings += _foreign_images(settings, place)
    findings += _keys_without_secrets(settings, place)
    findings += _foreign_statements(settings, place)
    if findings:
        raise SettingsError(
            "\n".join(f"{NAMESPACE}:{one}" if not one.startswith("aws:") else one for one in findings)
        )


def own_account(settings: Settings) -> str | None:
    """The account that the settings themselves show to be the stack's own; None when they show none.

    First what must be the stack's own says it, else all that is named when it agrees.
    """
    named = [(arns.parse(one.value).account, ACCOUNT in one.own) for one in _named(settings)]
    if bound := {account for account, own in named if own}:
        return min(bound)  # of several, all but one are refused
    every = {account for account, _ in named}
    return every.pop() if len(every) == 1 else None


def _named(settings: Settings) -> Iterator[Named]:
    for name, image in settings.images.items():
        if image.oidc_provider_arn:
            why = "a role trusts OIDC providers of its own account only (IAM User Guide, id_roles_providers_create_oidc)"
            yield Named(f"images.{name}.oidcProviderArn", image.oidc_provider_arn, frozenset({ACCOUNT}), why)
    if settings.release.artifact_key_arn:
        why = "S3 encrypts with keys of the bucket's own Region (Amazon S3 User Guide, UsingKMSEncryption)"
        yield Named("release.artifactKeyArn", settings.release.artifact_key_arn, frozenset({REGION}), why)
    if settings.notify.alarm_topic_arn:
        why = "an alarm notifies topics of its own Region (CloudWatch API Reference, PutMetricAlarm)"
        yield Named("notify.alarmTopicArn", settings.notify.alarm_topic_arn, frozenset({REGION}), why)
    yield from _of_build(settings)
    for name, service in settings.services.items():
        yield from _of_service(f"services.{name}", service)


def _of_build(settings: Settings) -> Iterator[Named]:
    for variable, reference in settings.migration.secrets.items():
        one = secrets.parse(reference)
        if one.arn is None:
            continue
        path = f"migration.secrets.{variable}"
        if one.parameter is not None:
            why = (
                "CodeBuild takes an SSM parameter by name, which it looks up in its own account and Region "
                "(CodeBuild User Guide, build-spec-ref)"
            )
            yield Named(path, one.arn, _BOTH, why, shown=False)
        else:
            why = (
                "CodeBuild asks Secrets Manager in the build's own Region, though in any account "
                "(CodeBuild User Guide, build-spec-ref); replicate the secret to it"
            )
            yield Named(path, one.arn, frozenset({REGION}), why, shown=False)
    for index, key in enumerate(settings.migration.secrets_kms_keys):
        yield Named(f"migration.secretsKmsKeys.{index}", key)


def _of_service(path: str, service: Service) -> Iterator[Named]:
    if service.existing:
        yield from _of_existing(f"{path}.existing", service.existing)
    if service.load_balancer:
        yield from _of_balancer(f"{path}.loadBalancer", service.load_balancer)
    for index, group in enumerate(service.further_target_groups):
        why = "ECS registers tasks with target groups of its own account and Region; nothing documents another (Amazon ECS Developer Guide, register-multiple-targetgroups)"
        yield Named(f"{path}.furtherTargetGroups.{index}.arn", group.arn, _BOTH, why)
    if service.service_connect and service.service_connect.namespace.startswith("arn:"):
        why = "a namespace is in the Region of its services, in any account that shares it (Amazon ECS Developer Guide, service-connect)"
        yield Named(
            f"{path}.serviceConnect.namespace", service.service_connect.namespace, frozenset({REGION}), why
        )
    yield from _of_rollout(f"{path}.rollout", service.rollout)
    readers = {path: service.secrets} | {
        f"{path}.sidecars.{index}": sidecar.secrets for index, sidecar in enumerate(service.sidecars)
    }
    for where, references in readers.items():
        for variable, reference in references.items():
            one = secrets.parse(reference)
            if one.arn is not None:
                parameter = one.parameter is not None
                why = "ECS reads SSM parameters of its own account, in any Region (Amazon ECS Developer Guide, secrets-envvar-ssm-paramstore)"
                own = frozenset({ACCOUNT}) if parameter else frozenset[str]()
                yield Named(f"{where}.secrets.{variable}", one.arn, own, why, shown=False)
    for index, key in enumerate(service.secrets_kms_keys):
        yield Named(f"{path}.secretsKmsKeys.{index}", key)


def _of_balancer(path: str, balancer: LoadBalancer) -> Iterator[Named]:
    if balancer.arn:
        why = "a listener is made on a load balancer of the stack's own account and Region"
        yield Named(f"{path}.arn", balancer.arn, _BOTH, why)
    yield from _of_listener(f"{path}.listener", balancer.listener)
    certificates = {
        f"furtherCertificateArns.{n}": arn for n, arn in enumerate(balancer.further_certificate_arns)
    }
    if balancer.certificate_arn:
        certificates["certificateArn"] = balancer.certificate_arn
    for key, certificate in certificates.items():
        iam = arns.parse(certificate).service == "iam"
        why = (
            "a load balancer takes certificates of its own account and Region "
            "(Elastic Load Balancing User Guide, https-listener-certificates)"
        )
        own = frozenset({ACCOUNT}) if iam else _BOTH
        yield Named(f"{path}.{key}", certificate, own, why)


def _of_rollout(path: str, rollout: Rollout) -> Iterator[Named]:
    for name, function in rollout.hooks.given().items():
        why = (
            "CodeDeploy calls functions of the deployment's own account and Region; nothing documents another "
            "(CodeDeploy User Guide, reference-appspec-file-structure-hooks)"
        )
        hook_path = f"{path}.hooks.{name[0].lower()}{name[1:]}"
        yield Named(hook_path, function, _BOTH, why)
    for index, hook in enumerate(rollout.lifecycle_hooks):
        if hook.function:
            why = (
                "ECS calls functions of the service's own account and Region; nothing documents another "
                "(Amazon ECS Developer Guide, deployment-lifecycle-hooks)"
            )
            yield Named(f"{path}.lifecycleHooks.{index}.function", hook.function, _BOTH, why)


def _of_listener(path: str, shared: SharedListener | None) -> Iterator[Named]:
    why = "a target group is behind listeners of its own account and Region (Elastic Load Balancing User Guide, load-balancer-target-groups)"
    if shared and shared.arn:
        yield Named(f"{path}.arn", shared.arn, _BOTH, why)
    if shared and shared.test and shared.test.arn:
        yield Named(f"{path}.test.arn", shared.test.arn, _BOTH, why)


def _of_existing(path: str, existing: Existing) -> Iterator[Named]:
    why = (
        "ECS starts tasks with roles of its own account (Amazon ECS Developer Guide, task_execution_IAM_role)"
    )
    yield Named(f"{path}.executionRoleArn", existing.execution_role_arn, frozenset({ACCOUNT}), why)
    yield Named(f"{path}.taskRoleArn", existing.task_role_arn, frozenset({ACCOUNT}), why)
    if existing.traffic is None:
        return
    why = "CodeDeploy moves traffic in the account and Region of its deployment group (CodeDeploy API Reference, TargetGroupPairInfo)"
    yield Named(f"{path}.traffic.listenerArn", existing.traffic.listener_arn, _BOTH, why)
    if existing.traffic.test_listener_arn:
        yield Named(f"{path}.traffic.testListenerArn", existing.traffic.test_listener_arn, _BOTH, why)
    for index, group in enumerate(existing.traffic.target_group_arns):
        yield Named(f"{path}.traffic.targetGroupArns.{index}", group, _BOTH, why)


def _finding(named: Named, place: Place) -> str | None:
    arn = arns.parse(named.value)
    seen = f"{named.path} is {named.value!r}" if named.shown else f"{named.path} is an ARN of {arn.service}"
    if arn.partition != place.partition:
        return (
            f"{seen}, in partition {arn.partition}; the stack is in {place.partition}, and nothing crosses partitions: "
            f"name one of {place.partition}"
        )
    if REGION in named.own and arn.region != place.region:
        return f"{seen}, in Region {arn.region}; the stack is in {place.region}, and {named.why}: name one of {place.region}"
    if ACCOUNT in named.own and arn.account != place.account:
        return f"{seen}, in account {arn.account}; the stack is in {place.account}, and {named.why}: name one of {place.account}"
    return None


def _foreign_images(settings: Settings, place: Place) -> Iterator[str]:
    for name, service in settings.services.items():
        paths = ["bootstrapImage"] if service.bootstrap_image else []
        paths += [f"sidecars.{index}.image" for index in range(len(service.sidecars))]
        for path, image in zip(paths, service.named_images, strict=True):
            owner = images.registry_of(images.parse(image).host)
            if owner is not None and owner.partition != place.partition:
                yield (
                    f"services.{name}.{path} is {image!r}, in partition {owner.partition}; the stack is in {place.partition}, and no "
                    "role pulls across partitions (Amazon ECR User Guide, Registries): copy the image to a registry there"
                )


def _foreign_statements(settings: Settings, place: Place) -> Iterator[str]:
    """IAM takes no resource of another partition in a policy (IAM User Guide, reference_policies_elements_resource)."""
    for name, service in settings.services.items():
        for key, statements in (
            ("taskRoleStatements", service.task_role_statements),
            ("executionRoleStatements", service.execution_role_statements),
        ):
            for index, statement in enumerate(statements):
                given = statement.get("Resource", statement.get("NotResource"))
                for resource in given if is_list(given) else [given]:
                    partition = (
                        str(resource).split(":")[1] if str(resource).startswith("arn:") else place.partition
                    )
                    if partition != place.partition and not set("*?") & set(partition):
                        yield (
                            f"services.{name}.{key}.{index} names {resource!r}, in partition {partition}; the stack is in "
                            f"{place.partition}, and nothing crosses partitions: name one of {place.partition}"
                        )


def _keys_without_secrets(settings: Settings, place: Place) -> Iterator[str]:
    """A key encrypts secrets of its own Region (Secrets Manager User Guide, security-encryption)."""
    readers = {"migration": (settings.migration.secrets_kms_keys, list(settings.migration.secrets.values()))}
    for name, service in settings.services.items():
        references = [*service.secrets.values()]
        references += [one for sidecar in service.sidecars for one in sidecar.secrets.values()]
        readers[f"services.{name}"] = (service.secrets_kms_keys, references)
    for path, (keys, references) in readers.items():
        regions = {secrets.parse(one).region or place.region for one in references}
        for index, key in enumerate(keys):
            region = arns.parse(key).region
            if regions and region not in regions:
                where = ", ".join(sorted(regions))
                yield (
                    f"{path}.secretsKmsKeys.{index} is {key!r}, in Region {region}; the secrets beside it are in {where}, and a key "
                    "encrypts what is in its own Region (Secrets Manager User Guide, security-encryption): name the secret's key, or remove it"
                )
