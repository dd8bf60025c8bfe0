#!/usr/bin/env bash
# The real work of a first release, done by hand: what a rehearsal at level `process` does, less everything it imitates.
#
# The same image pushed, the build's own commands with the same AWS CLI and `docker` (its folder is $DOCKER), the application
# started and asked until it answers. No program evaluated, no policies, no pipeline, no load balancer. Prints the seconds until
# the application answered.
set -euo pipefail
# shellcheck source=benchmarks/bare/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"
export PATH="$DOCKER:$PATH"
trap stop_all EXIT

start_emulator
start_look
start_database
digest="$(prepare --push)"
look_at "$digest"
know_database

# The build: the same calls as buildspecs/migrate.yml makes.
host=123456789012.dkr.ecr.us-east-1.amazonaws.com
image="$host/$repository@$digest"
export REHEARSAL_REGISTRY="127.0.0.1:$emulator_port" REHEARSAL_STORE="$WORK/images" DOCKER_CONFIG="$WORK/docker-config"
newest_is "$digest"
docker info >/dev/null
aws ecr get-login-password | docker login --username AWS --password-stdin "$host" >/dev/null
docker pull "$image" >/dev/null
[ -n "$(docker image inspect --format '{{.Architecture}}' "$image")" ]
docker run --rm --init --name migration --network host -e DATABASE_URL "$image" python migrate.py >"$WORK/migration.log"
register "$image"

# The deployment.
PORT="$(free_port)"
export PORT HOST=127.0.0.1
docker run --rm --name app --network host -e DATABASE_URL -e PORT -e HOST "$image" >"$WORK/app.log" 2>&1 &
until_true answers "127.0.0.1:$PORT" /healthz
until_true answers "127.0.0.1:$PORT" /
say_elapsed
