#!/usr/bin/env bash
# The real work of a first release, done by hand: what a rehearsal at level `process` does, less everything it imitates.
#
# A database from the same binaries, the same emulator by its own command, the same image pushed, the build's own commands with
# the same AWS CLI and `docker`, the application started and asked until it answers. No program evaluated, no policies, no
# pipeline, no load balancer. $PYTHON is the project's interpreter, $DOCKER the folder of the `docker` that rehearsed builds have,
# $TEMPLATES the folder of the initialized database, $SCRATCH where to work. Prints the seconds until the application answered.
set -euo pipefail
begun="${EPOCHREALTIME/[.,]/}"
WORK="$(mktemp -d "$SCRATCH/bare-XXXXXX")"

repository=shop
host=123456789012.dkr.ecr.us-east-1.amazonaws.com
export HOME="$WORK" AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_PAGER=''
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
export PATH="$DOCKER:${PYTHON%/*}:$PATH"

# shellcheck disable=SC2046  # one word for each process
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
free_port() {
  while port="$((RANDOM % 20000 + 10000))"; (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}
emulator_port="$(free_port)" port="$(free_port)"
answers() { curl --fail --silent --max-time 2 "http://127.0.0.1:$1$2" >/dev/null 2>&1; }
until_true() {
  for _ in $(seq 3000); do
    if "$@"; then return; fi
    sleep 0.02
  done
  echo "gave up: $*" >&2
  exit 1
}

GATEWAY_PORT="$emulator_port" BIND_HOST=127.0.0.1 MINISTACK_ACCOUNT_ID=123456789012 IOT_MTLS_ENABLED=0 SFTP_ENABLED=0 \
  LOG_LEVEL=ERROR ministack >"$WORK/emulator.log" 2>&1 &
"$PYTHON" -m benchmarks.bare.database "$WORK/postgres" "$TEMPLATES" "$WORK/url" >"$WORK/database.log" 2>&1 &

until_true answers "$emulator_port" /_ministack/health
export AWS_ENDPOINT_URL="http://127.0.0.1:$emulator_port"
digest="$("$PYTHON" -m benchmarks.bare.prepare "$AWS_ENDPOINT_URL" --push)"
until_true test -e "$WORK/url"
DATABASE_URL="$(<"$WORK/url")"
export DATABASE_URL

# The build: the same calls as buildspecs/migrate.yml makes.
export REHEARSAL_REGISTRY="127.0.0.1:$emulator_port" REHEARSAL_STORE="$WORK/images" DOCKER_CONFIG="$WORK/docker-config"
image="$host/$repository@$digest"
newest="$(aws ecr describe-images --repository-name "$repository" --image-ids imageTag=stg \
  --query 'imageDetails[0].imageDigest' --output text)"
[ "$newest" = "$digest" ]
docker info >/dev/null
aws ecr get-login-password | docker login --username AWS --password-stdin "$host" >/dev/null
docker pull "$image" >/dev/null
[ -n "$(docker image inspect --format '{{.Architecture}}' "$image")" ]
docker run --rm --init --name migration --network host -e DATABASE_URL "$image" python migrate.py >"$WORK/migration.log"
aws s3 cp --recursive --only-show-errors s3://artifacts/templates "$WORK/release"

# The deployment.
sed "s|<IMAGE1_NAME>|$image|" "$WORK/release/taskdef-web.json" >"$WORK/taskdef.json"
aws ecs register-task-definition --cli-input-json "file://$WORK/taskdef.json" >/dev/null
export PORT="$port" HOST=127.0.0.1
docker run --rm --name app --network host -e DATABASE_URL -e PORT -e HOST "$image" >"$WORK/app.log" 2>&1 &
until_true answers "$port" /healthz
until_true answers "$port" /

elapsed="$((${EPOCHREALTIME/[.,]/} - begun))"
printf '%d.%06d\n' "$((elapsed / 1000000))" "$((elapsed % 1000000))"
