"""Declares one stack: reads its settings, wires the components, exports what operators need."""

import pulumi

from components import configuration
from components.artifact_store import ArtifactStore
from components.blue_green_deployment import BlueGreenDeployment
from components.delivery_pipeline import DeliveryPipeline
from components.descriptor import Descriptor, describe
from components.image_repository import ImageRepository
from components.migration_build import MigrationBuild
from components.notifications import Notifications
from components.push_trigger import PushTrigger
from components.release_templates import ReleaseTemplates
from components.web_service import WebService
from documents.names import appspec_file, taskdef_file

settings, names, place = configuration.read()
image, network, release, services = settings.image, settings.network, settings.release, settings.services
tag = settings.source.push.tag

repository = ImageRepository(
    "image", {"image": image, "tag": tag, "names": names, "place": place, "protect": release.protect}
)
artifacts = ArtifactStore(
    "artifacts", {"names": names, "key_arn": release.artifact_key_arn, "protect": release.protect}
)
web = {
    key: WebService(
        key,
        {
            "key": key,
            "service": service,
            "network": network,
            "names": names,
            "place": place,
            "repository_arn": repository.arn,
            "protect": release.protect,
        },
    )
    for key, service in services.items()
}
templates = ReleaseTemplates(
    "templates",
    {
        "bucket": artifacts.bucket,
        "files": {
            **{taskdef_file(key): service.task_definition for key, service in web.items()},
            **{appspec_file(key): service.appspec for key, service in web.items()},
        },
    },
)
migration = MigrationBuild(
    "migration",
    {
        "migration": settings.migration,
        "network": network,
        "names": names,
        "place": place,
        "architecture": settings.architecture,
        "tag": tag,
        "repository_arn": repository.arn,
        "repository_url": repository.url,
        "bucket": artifacts.bucket,
        "bucket_arn": artifacts.arn,
        "artifact_objects": artifacts.artifact_objects,
        "key_arn": release.artifact_key_arn,
        "template_prefix": templates.prefix,
        "template_version": templates.version,
        "template_files": [name for key in services for name in (taskdef_file(key), appspec_file(key))],
    },
)
deployments = {
    key: BlueGreenDeployment(
        f"{key}-deployment",
        {
            "key": key,
            "service": service,
            "release": release,
            "names": names,
            "place": place,
            "web": web[key],
            "artifact_objects": artifacts.artifact_objects,
        },
    )
    for key, service in services.items()
}
pipeline = DeliveryPipeline(
    "delivery",
    {
        "names": names,
        "place": place,
        "release": release,
        "tag": tag,
        "repository": repository.name,
        "repository_arn": repository.arn,
        "artifacts": artifacts,
        "migration": migration,
        "services": services,
        "web": web,
        "deployments": deployments,
    },
)
notifications = Notifications("notifications", {"notify": settings.notify, "names": names, "place": place})
trigger = PushTrigger(
    "push",
    {
        "names": names,
        "place": place,
        "repository": image.repository,
        "tag": tag,
        "pipeline_arn": pipeline.arn,
        "alarm_topic_arns": notifications.alarm_topic_arns,
    },
)
description = describe(
    place,
    settings,
    names,
    {
        "pipeline": pipeline.name,
        "project": migration.project_name,
        "repository_url": repository.url,
        "push_role_arn": repository.push_role_arn,
        "bucket": artifacts.bucket,
        "template_prefix": templates.prefix,
        "undelivered_queue_url": trigger.dead_letter_queue_url,
        "listeners": {key: service.front.listener_arn for key, service in web.items()},
        "urls": {key: service.front.url for key, service in web.items()},
    },
)
descriptor = Descriptor("descriptor", {"names": names, "content": description})

pulumi.export("descriptor", descriptor.name)
for key, value in description.items():
    pulumi.export(key, value)
