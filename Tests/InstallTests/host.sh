#!/usr/bin/env bash
# A Stargate on an SSH host: a real sshd on loopback, where a session finds git, sh and the basic tools only.
. "$(dirname "$0")/harness.sh"

daemon=$(type -P sshd || echo /usr/sbin/sshd)
[ -x "$daemon" ] || { echo "not ok - there is no sshd" && exit; }
[ "$(id -u)" != 0 ] || mkdir -p /run/sshd
server=$scratch/server
mkdir "$server" "$server/home" "$scratch/my keys"
ssh-keygen -q -t ed25519 -N '' -f "$server/host_key"
ssh-keygen -q -t ed25519 -N '' -f "$scratch/my keys/id"
only_commands "$server/bin" sh git dirname basename mkdir mktemp cp mv rm rmdir chmod chown ln ls cat id uname date readlink
cat >"$server/session" <<EOF
#!/bin/sh
cd "$server/home" && exec env -i HOME="$server/home" PATH="$server/bin" GIT_CONFIG_NOSYSTEM=1 TMPDIR="$TMPDIR" \
  "$server/bin/sh" -c "\$SSH_ORIGINAL_COMMAND"
EOF
chmod +x "$server/session"
cp "$scratch/my keys/id.pub" "$server/authorized_keys"
cat >"$server/config" <<EOF
ListenAddress 127.0.0.1
HostKey $server/host_key
AuthorizedKeysFile $server/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
ForceCommand $server/session
EOF

# Tries ports until one is free: the daemon says when it listens and ends when it cannot.
daemon_pid=
for _ in {1..20}; do
  port=$((RANDOM % 20000 + 20000))
  "$daemon" -D -e -f "$server/config" -p "$port" 2>"$server/log" &
  daemon_pid=$!
  until grep -qs 'Server listening' "$server/log" || ! kill -0 "$daemon_pid" 2>/dev/null; do :; done
  kill -0 "$daemon_pid" 2>/dev/null && break
  daemon_pid=
done
trap '[ -z "$daemon_pid" ] || kill "$daemon_pid"; clean_up' EXIT
check 'an sshd of our own' test -n "$daemon_pid"

cat >"$scratch/ssh config" <<EOF
Host stargate
  HostName 127.0.0.1
  Port $port
  User $(id -un)
  IdentityFile "$scratch/my keys/id"
  IdentitiesOnly yes
  UserKnownHostsFile "$scratch/known_hosts"
  StrictHostKeyChecking no
  BatchMode yes
  LogLevel ERROR
EOF
on_host() { install --host stargate --ssh "ssh -F '$scratch/ssh config'" "$@"; }
home=$server/home

check 'a dry run' prints 'would create the bare repository' on_host --repo org/kv.git --dry-run --prefix "$home/p"
check 'changes nothing there' equal "$(ls -A "$home")" ''
# shellcheck disable=SC2088 # the home is the host's
there='~/our programs'
check 'a path below the home' on_host --repo 'org/my kv.git' --prefix "$there"
repo="$home/org/my kv.git" prefix="$home/our programs"
check 'the programs are there' cmp "$prefix/libexec/git-kv/kv-update" "$KV_TEST_PREFIX/libexec/git-kv/kv-update"
check 'and can be run' test -x "$prefix/bin/git-kv"
check 'the hooks point at them' equal "$(readlink "$repo/hooks/update")" "$prefix/libexec/git-kv/kv-update"
check 'the config is set' equal "$(git --git-dir="$repo" config core.fsync)" committed,loose-object
check 'the policy and the leader are there' test -f "$repo/.kv/policy.yaml" -a -f "$repo/.stargate-leader"
# What comes now is the same with programs of any size, and these are soon sent.
cp -a "$KV_TEST_PREFIX" "$scratch/light"
for program in "$scratch"/light/bin/git-kv "$scratch"/light/libexec/git-kv/kv-*; do
  rm "$program" && printf '#!/bin/sh\n' >"$program" && chmod 755 "$program"
done
KV_TEST_PREFIX=$scratch/light
check 'other programs' on_host --repo 'org/my kv.git' --prefix "$there"
check 'take their place' cmp "$prefix/libexec/git-kv/kv-update" "$KV_TEST_PREFIX/libexec/git-kv/kv-update"
check 'a second run changes nothing' unchanged "$home" -- on_host --repo 'org/my kv.git' --prefix "$there"
store() { git --git-dir="$repo" hash-object -w --stdin; }
git --git-dir="$repo" update-ref refs/tags/other "$(echo other | store)"
blob=$(echo chunk | store)
# The sshd accepts no GIT_PROTOCOL, as most do, so this is protocol v0.
fetch_blob() {
  git init -q --bare clone.git
  GIT_SSH_COMMAND="ssh -F '$scratch/ssh config'" GIT_TRACE_PACKET=$scratch/packets git --git-dir=clone.git \
    fetch -q --no-write-fetch-head --upload-pack='git upload-pack' "stargate:$repo" "$blob" &&
    equal "$(git --git-dir=clone.git cat-file blob "$blob")" chunk && not grep -q '< version 2' "$scratch/packets"
}
check 'a blob is fetched by its id' fetch_blob
printf "version: 1 # it's ours\nnamespaces: {}\n" >"a policy.yaml"
git init -q --bare --object-format=sha256 mirror.git
check 'all options' on_host --repo "$home/it's \"2\".git" --policy 'a policy.yaml' --mirror "$PWD/mirror.git" --standby \
  --object-format sha256 --prefix "$prefix"
repo="$home/it's \"2\".git"
check 'copy the policy' cmp 'a policy.yaml' "$repo/.kv/policy.yaml"
check 'leave the leader out' absent "$repo/.stargate-leader"
check 'and --leader promotes it' on_host --repo "$repo" --leader --prefix "$prefix"
check 'so that it has one' grep -qF "\"$(uname -n)\"" "$repo/.stargate-leader"
check 'set the mirror' equal "$(git --git-dir="$repo" config remote.github-origin.url)" "$PWD/mirror.git"
check 'write its timer' test -n "$(find "$repo/.stargate/schedule" -name 'git-kv-*.timer')"
check 'and the format' equal "$(git --git-dir="$repo" rev-parse --show-object-format)" sha256
mkdir "$home/full" && touch "$home/full/file"
check 'a refusal there is an error here' unchanged "$home" -- refused 1 'neither empty nor' on_host --repo full --prefix "$prefix"
check 'GIT_SSH_COMMAND serves too' env GIT_SSH_COMMAND="ssh -F '$scratch/ssh config'" \
  "$root/install.sh" --from "$KV_TEST_PREFIX" --host stargate --prefix "$prefix"
check 'unhooking' "$root/install.sh" --ssh "ssh -F '$scratch/ssh config'" --uninstall --host stargate \
  --repo "$repo" --prefix "$prefix"
check 'removes the hooks' equal "$(ls "$repo/hooks")" ''
check 'an unreachable host' not install --host stargate --ssh 'ssh -F /dev/null -o BatchMode=yes -o ConnectTimeout=2 -p 1' --repo a.git
check 'no git there' sh -c "rm '$server/bin/git'"
check 'is said' refused 1 'no git on this host' on_host --repo b.git
check 'no temporary file is left' equal "$(ls "$TMPDIR")" ''
