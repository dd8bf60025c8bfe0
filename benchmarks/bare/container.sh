#!/usr/bin/env bash
# The real work of a first release with a Docker daemon, done by hand: build, push, migrate by `docker run`, start, wait until it
# is healthy, switch. What a rehearsal at level `container` does, less everything it imitates.
#
# The switch is a file that says where the application is: there is no load balancer. The database can be reached from a
# network of the script's own too: a fresh daemon's default bridge names no gateway. Prints the seconds until the application
# answered.
set -euo pipefail
# shellcheck source=benchmarks/bare/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"
label="delivery.bare=$$"
network="delivery-bare-$$"
trap 'remove_all; stop_all' EXIT
remove_all() {
  docker ps --all --quiet --filter "label=$label" | xargs --no-run-if-empty docker rm --force >/dev/null
  docker image ls --quiet --filter "label=$label" | sort -u | xargs --no-run-if-empty docker image rm --force --no-prune >/dev/null
  docker network ls --quiet --filter "label=$label" | xargs --no-run-if-empty docker network rm >/dev/null
}

start_emulator
start_look
docker network create --label "$label" "$network" >/dev/null
start_database "$(docker network inspect "$network" --format '{{(index .IPAM.Config 0).Gateway}}')"
registry="127.0.0.1:$emulator_port"
name="$registry/$repository"
export DOCKER_CONFIG="$WORK/docker-config"
docker build --quiet --label "$label" --tag "$name:v1" --tag "$name:stg" examples/app >/dev/null 2>&1
prepare ""
aws ecr get-login-password | docker login --username AWS --password-stdin "$registry" >/dev/null 2>&1
docker push --quiet --all-tags "$name" >/dev/null
digest="$(docker image inspect --format '{{index .RepoDigests 0}}' "$name:stg")"
digest="${digest##*@}"
docker image rm --no-prune "$name:v1" "$name:stg" >/dev/null
look_at "$digest"
know_database

# The build: the same calls as buildspecs/migrate.yml makes.
image="$name@$digest"
newest_is "$digest"
docker info >/dev/null
aws ecr get-login-password | docker login --username AWS --password-stdin "$registry" >/dev/null 2>&1
docker pull --quiet "$image" >/dev/null
[ -n "$(docker image inspect --format '{{.Architecture}}' "$image")" ]
docker run --rm --init --label "$label" --network "$network" -e DATABASE_URL "$image" python migrate.py >"$WORK/migration.log"
register "$image"

# The deployment.
app="$(docker run --detach --init --label "$label" --network "$network" --cpus 0.25 --memory 512m -e DATABASE_URL "$image")"
address="$(docker inspect --format "{{(index .NetworkSettings.Networks \"$network\").IPAddress}}" "$app"):8080"
until_true answers "$address" /healthz
until_true answers "$address" /
echo "$address" >"$WORK/live.part"
mv "$WORK/live.part" "$WORK/live"
say_elapsed
