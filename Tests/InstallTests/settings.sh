#!/usr/bin/env bash
# What git's settings of a Stargate do for large values.
. "$(dirname "$0")/harness.sh"

install --prefix p >/dev/null
stargate() { install --prefix p "$@"; }
at() { git --git-dir="$1" "${@:2}"; }

# Two pairs of files that differ in little: one pair as long as chunks, one shorter.
git init -q --bare a.git
mkdir files
for size in 40000 100000; do
  head -c $size /dev/urandom >files/$size
  { cat files/$size && echo more; } >files/$size-more
done
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
(cd files && git --git-dir=../a.git --work-tree=. add .)
commit=$(at a.git commit-tree -m chunks "$(at a.git write-tree)")
at a.git update-ref refs/kv-chunks/main@2026Q4 "$commit"
chunk=$(at a.git rev-parse "$commit:100000")

# fetch_blob VERSION: the one blob, into an empty repository, over this version of git's protocol.
fetch_blob() {
  rm -rf clone.git
  git init -q --bare clone.git
  at clone.git -c protocol.version="$1" fetch -q --no-write-fetch-head "$PWD/a.git" "$chunk" &&
    equal "$(at clone.git cat-file -s "$chunk")" 100000
}
fetch_trees() {
  rm -rf clone.git
  git init -q --bare clone.git
  at clone.git fetch-pack -q --filter=blob:none "$PWD/a.git" "$commit" &&
    equal "$(at clone.git rev-list --objects --missing=print "$commit" | grep -c '^?')" 4
}
# Sizes of the blobs that a repack makes deltas of: their lines name a depth and a base.
deltas() {
  at a.git repack -qadf
  at a.git verify-pack -v a.git/objects/pack/*.idx | while read -r id type _ _ _ depth _; do
    [ "$type" != blob ] || [ -z "$depth" ] || at a.git cat-file -s "$id"
  done
}

check 'protocol v0 without our settings serves no blob by id' not fetch_blob 0
check 'and no trees without blobs' not fetch_trees
check 'and chunks are searched for deltas' equal "$(deltas | sort)" $'100000\n40000'
check 'a Stargate' stargate --repo a.git
check 'serves a blob by id over protocol v0' fetch_blob 0
check 'and over v2' fetch_blob 2
check 'and trees without blobs' fetch_trees
check 'and only what is smaller than a chunk is searched for deltas' equal "$(deltas)" 40000

for name in uploadpack.allowFilter uploadpack.allowAnySHA1InWant core.bigFileThreshold; do
  at a.git config --unset "$name"
done
check 'an older Stargate' stargate --repo a.git
check 'gets them on a rerun' fetch_blob 0

# What is kept of the mirror is the Stargate's own: nobody sees it, and all else goes on.
at a.git update-ref refs/kv-tracking/mirror/kv/main "$commit"
at a.git config --unset transfer.hideRefs
at a.git config transfer.hideRefs refs/secret
seen() { git ls-remote -q "$PWD/a.git" | cut -f 2; }
check 'an older Stargate shows what it keeps of its mirror' prints refs/kv-tracking/mirror/kv/main seen
check 'a Stargate' stargate --repo a.git
check 'hides that, and what it hid before' equal "$(at a.git config --get-all transfer.hideRefs)" $'refs/secret\nrefs/kv-tracking'
check 'a second run' unchanged a.git -- stargate --repo a.git
check 'all else is seen' equal "$(seen)" refs/kv-chunks/main@2026Q4
git init -q --bare copy.git
check 'and fetched' at copy.git fetch -q "$PWD/a.git" '+refs/*:refs/*'
check 'alone' equal "$(at copy.git for-each-ref --format='%(refname)')" refs/kv-chunks/main@2026Q4
check 'a branch is pushed' at copy.git push -q "$PWD/a.git" "$commit:refs/heads/new"
check 'nobody pushes to what is hidden' not at copy.git push -q "$PWD/a.git" "$commit:refs/kv-tracking/mirror/kv/x"
git init -q --bare mirror.git
at a.git remote add github-origin "$PWD/mirror.git"
check 'the mirror is pushed to' at a.git push -q github-origin 'refs/kv-chunks/*:refs/kv-chunks/*'
check 'and what it has is noted' at a.git fetch -q github-origin '+refs/*:refs/kv-tracking/mirror/*'
check 'in a ref of its own' at a.git rev-parse -q --verify refs/kv-tracking/mirror/kv-chunks/main@2026Q4
check 'a mirror on this machine is left as it is' unchanged mirror.git -- stargate --repo a.git --mirror mirror.git
