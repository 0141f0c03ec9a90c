#!/usr/bin/env bash
# The programs: placed whole, placed once, upgraded, removed.
. "$(dirname "$0")/harness.sh"

programs_in() {
  local name
  for name in bin/git-kv libexec/git-kv/kv-{pre-receive,update,post-receive,mirror-worker}; do
    [ -x "$1/$name" ] && cmp "$1/$name" "$KV_TEST_PREFIX/$name" || return
  done
}
pages_in() {
  local page
  for page in "$root"/man/*.[1-9]; do
    [ -e "$page" ] || continue
    cmp "$page" "$1/share/man/man${page##*.}/${page##*/}" || return
  done
}
completions_in() {
  [ -s "$1/share/bash-completion/completions/git-kv" ] && [ -s "$1/share/zsh/site-functions/_git-kv" ] &&
    [ -s "$1/share/fish/vendor_completions.d/git-kv.fish" ]
}
no_leftovers() { equal "$(find "$scratch/work" -name '*.new-*'; ls "$TMPDIR")" ''; }

check 'a dry run names what it would install' prints "would install $PWD/p/bin/git-kv" install --prefix p --dry-run
check 'a dry run installs nothing' absent p
check 'a relative prefix' install --prefix p
check 'holds the programs' programs_in p
check 'holds the man pages' pages_in p
check 'holds the completions' completions_in p
check 'the program runs' p/bin/git-kv --help
check 'a second run says that nothing changes' prints 'nothing to change' install --prefix p
check 'a second run rewrites nothing' unchanged p -- install --prefix p
check 'an installed prefix is a source of its own' unchanged p -- "$root/install.sh" --from p --prefix p
check 'a prefix with spaces and an equals sign' install "--prefix=a b/c=d"
check 'holds the programs too' programs_in 'a b/c=d'
check 'a prefix with a leading dash' install --prefix -p
check 'holds the programs as well' programs_in ./-p

upgraded() {
  local before
  echo old >p/bin/git-kv && echo share/man/man1/git-kv-gone.1 >>p/libexec/git-kv/manifest && echo old >p/share/man/man1/git-kv-gone.1
  before=$(stat -c %i p/bin/git-kv)
  install --prefix p && programs_in p && absent p/share/man/man1/git-kv-gone.1 && [ "$(stat -c %i p/bin/git-kv)" != "$before" ]
}
check 'an upgrade replaces by rename and removes what is no more' upgraded
check 'nothing half-written is left' no_leftovers
check 'a source without programs is refused' refused 1 'holds no installed programs' "$root/install.sh" --from . --prefix q
if [ "$(id -u)" = 0 ]; then
  skip 'a prefix that cannot be written' 'root writes everywhere'
else
  mkdir locked && chmod a-w locked
  check 'a prefix that cannot be written is refused' refused 1 'cannot write to' install --prefix locked/p
fi

touch p/bin/other
check 'a dry uninstall removes nothing' unchanged p -- "$root/install.sh" --uninstall --prefix p --dry-run
check 'an uninstall' "$root/install.sh" --uninstall --prefix p
check 'leaves only what is not ours' equal "$(find p -type f)" p/bin/other
check 'a second uninstall has nothing to do' prints 'nothing to change' "$root/install.sh" --uninstall --prefix p
