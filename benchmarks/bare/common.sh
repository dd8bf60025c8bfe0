# shellcheck shell=bash
# What both bare scripts begin with: an emulator by its own command, a database from the same binaries, what an account must have.
#
# $PYTHON is the project's interpreter, $TEMPLATES the folder of the initialized database, $SCRATCH where to work.

begun="${EPOCHREALTIME/[.,]/}"
WORK="$(mktemp -d "$SCRATCH/bare-XXXXXX")"
repository=shop
export HOME="$WORK" AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_PAGER=''
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
export PATH="${PYTHON%/*}:$PATH"

# An address with its port, and a path.
answers() { curl --fail --silent --max-time 2 "http://$1$2" >/dev/null 2>&1; }

until_true() {
  for _ in $(seq 3000); do
    if "$@"; then return; fi
    sleep 0.02
  done
  echo "gave up: $*" >&2
  exit 1
}

free_port() {
  local port
  while port="$((RANDOM % 20000 + 10000))"; (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

start_emulator() {
  emulator_port="$(free_port)"
  GATEWAY_PORT="$emulator_port" BIND_HOST=127.0.0.1 MINISTACK_ACCOUNT_ID=123456789012 IOT_MTLS_ENABLED=0 SFTP_ENABLED=0 \
    LOG_LEVEL=ERROR ministack >"$WORK/emulator.log" 2>&1 &
  export AWS_ENDPOINT_URL="http://127.0.0.1:$emulator_port"
}

# shellcheck disable=SC2120  # without arguments it listens on this machine only
# Takes nothing, or an address where it can be reached as well.
start_database() {
  "$PYTHON" -m benchmarks.bare.database "$WORK/postgres" "$TEMPLATES" "$WORK/url" "$@" >"$WORK/database.log" 2>&1 &
}

# Waits for the emulator, makes repository, bucket and templates; with --push pushes the sample application and prints its digest.
prepare() {
  until_true answers "127.0.0.1:$emulator_port" /_ministack/health
  "$PYTHON" -m benchmarks.bare.prepare "$AWS_ENDPOINT_URL" "$@"
}

know_database() {
  until_true test -e "$WORK/url"
  DATABASE_URL="$(<"$WORK/url")"
  export DATABASE_URL
}

# Loads what looks at a release, beside whatever else is done meanwhile.
start_look() {
  mkfifo "$WORK/digest"
  "$PYTHON" -m benchmarks.bare.look <"$WORK/digest" >"$WORK/look.log" 2>&1 &
  look="$!"
  exec 3>"$WORK/digest"
}

# Takes a digest, and waits until it has been looked at.
look_at() {
  echo "$1" >&3
  exec 3>&-
  wait "$look"
}

newest_is() {
  [ "$(aws ecr describe-images --repository-name "$repository" --image-ids imageTag=stg \
    --query 'imageDetails[0].imageDigest' --output text)" = "$1" ]
}

register() {
  aws s3 cp --recursive --only-show-errors s3://artifacts/templates "$WORK/release"
  sed "s|<IMAGE1_NAME>|$1|" "$WORK/release/taskdef-web.json" >"$WORK/taskdef.json"
  aws ecs register-task-definition --cli-input-json "file://$WORK/taskdef.json" >/dev/null
}

# shellcheck disable=SC2046  # one word for each process
stop_all() { kill $(jobs -p) 2>/dev/null || true; wait; }

say_elapsed() {
  local elapsed="$((${EPOCHREALTIME/[.,]/} - begun))"
  printf '%d.%06d\n' "$((elapsed / 1000000))" "$((elapsed % 1000000))"
}
