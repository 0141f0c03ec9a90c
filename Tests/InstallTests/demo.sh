#!/usr/bin/env bash
# The demo does what it says on a machine's own data, and leaves nothing.
. "$(dirname "$0")/harness.sh"

echo '[user] name = untouched' >"$GIT_CONFIG_GLOBAL"
before=$(listing "$HOME")
demo() { install --demo >demo.out 2>&1 || { cat demo.out && return 1; }; }
check 'the demo' demo
check 'shows every command' test "$(grep -c '^\$ git kv' demo.out)" -ge 12
check 'shows a conflict' grep -qF '[2]' demo.out
check 'shows a refusal by the Stargate' grep -qE '^remote: kv: error: .*\[3\]' demo.out
check 'leaves the home as it was' equal "$(listing "$HOME")" "$before"
check 'leaves no files' equal "$(ls "$TMPDIR")" ''
