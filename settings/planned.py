"""What a stack's file may say one day and cannot say yet: each is refused by the name of what is missing."""

from collections.abc import Mapping

NOT_YET: Mapping[str, str] = {
    "jobs": "tasks on a schedule or on demand are not declared yet",
    "overrides": "no property of a declared resource can be set from here yet",
}
"""Settings of a whole stack that do not work yet."""

WITHOUT: Mapping[str, str] = {
    "images": "it says what is built, such as app: {repository: shop}",
    "source": "it says what starts a release, such as push: {tag: stg}",
    "network": "builds and tasks run in a VPC of yours, and nothing works without one yet",
    "migration": "a stack in which nobody migrates does not work yet, since templates come out of the migration's build; "
    "where nothing is to be migrated let its command be one that does nothing",
    "services": "a stack without a service does not work yet",
}
"""What the absence of a part would mean, by its path without the writer's own names."""
