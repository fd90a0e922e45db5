#!/bin/sh
# Two people, one team, as the README tells it: start a hub, publish, log in, find, install, update with diff, roll back.
# Eight commands; each is printed before it runs. Uses temporary homes and ends the hub at the end.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
port=${1:-7797}
openspace="node $root/bin/openspace.js"
count=0
hub=
trap 'test -z "$hub" || kill "$hub" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT INT TERM

run() { # run <person> <arguments of openspace…>
  person=$1
  shift
  count=$((count + 1))
  printf '\n%s %s$ openspace %s\n' "$count." "$person" "$*"
  (cd "$work/$person" && OPENSPACE_HOME="$work/$person/.openspace" USER=$person $openspace "$@")
}
skill() { # skill <text of the step>
  mkdir -p "$work/ann/release-notes"
  printf -- '---\nname: release-notes\ndescription: Writes release notes from merged changes\n---\n# Steps\n%s\n' "$1" \
    > "$work/ann/release-notes/SKILL.md"
}

mkdir -p "$work/ann" "$work/ben"
skill '1. List merged changes since the last tag.'
started=$(date +%s)

count=$((count + 1))
printf '%s ann$ openspace hub serve --as ann\n' "$count."
(cd "$work/ann" && OPENSPACE_HOME="$work/ann/.openspace" USER=ann exec $openspace hub serve --as ann --port "$port") > "$work/serve.log" 2>&1 &
hub=$!
tries=0
until grep -q 'logged in' "$work/serve.log"; do
  tries=$((tries + 1))
  if [ "$tries" -gt 240 ] || ! kill -0 "$hub" 2>/dev/null; then cat "$work/serve.log"; exit 1; fi
  sleep 0.5
done
cat "$work/serve.log"
invite=$(sed -n 's/.*--invite \(inv_[A-Za-z0-9_-]*\).*/\1/p' "$work/serve.log")

run ann hub publish release-notes --group team
run ben hub login "http://127.0.0.1:$port" --invite "$invite"
run ben hub search release notes
run ben hub install release-notes
skill '1. List merged changes since the last tag.
2. Group them by area.'
run ann hub publish release-notes --group team -m 'Group by area'
run ben hub update --yes
run ben hub rollback release-notes

printf '\n%s commands, %s seconds.\n' "$count" "$(($(date +%s) - started))"
