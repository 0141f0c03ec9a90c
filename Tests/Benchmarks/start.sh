# shellcheck shell=bash disable=SC2154,SC2034 # run and harness.sh set and read the names that this file shares
# What the programs weigh, and what it costs to start each with nothing to do.

stargate "$scratch/start.git"
cd "$scratch/start.git" || exit
libexec=$prefix/libexec/git-kv
recording=yes
note_sample size-git "$(stat -L -c %s "$(git --exec-path)/git")"
for program in "$prefix/bin/git-kv" "$libexec"/kv-*; do
  note_sample "size-${program##*/}" "$(stat -c %s "$program")"
  report "size of ${program##*/} (baseline: git)" "size-${program##*/}" size-git MB
done

start_git() { measure start-git git version; }
start_true() { measure start-true /bin/true; }
start_git_kv() { measure start-git-kv git-kv version; }
start_wrapped() { measure start-wrapped git kv version; }
start_pre_receive() { measure start-pre-receive "$libexec/kv-pre-receive"; }
start_update() { measure start-update "$libexec/kv-update" prepared; }
start_post_receive() { measure start-post-receive "$libexec/kv-post-receive"; }
in_turns 3 "$(rounds 200 30)" start_true start_git start_git_kv start_wrapped start_pre_receive start_update \
  start_post_receive
report 'start /bin/true (baseline: git version)' start-true start-git ms
report 'start git-kv version (baseline: git version)' start-git-kv start-git ms
report 'start git kv version, by way of git' start-wrapped start-git ms
report 'start kv-pre-receive, empty input' start-pre-receive start-git ms
report 'start kv-update as reference-transaction, empty input' start-update start-git ms
report 'start kv-post-receive, empty input' start-post-receive start-git ms
cd "$scratch" || exit
