#!/usr/bin/env bash
# The command line, and what is said where something is missing.
. "$(dirname "$0")/harness.sh"

wrong() {
  local name=$1 text=$2
  shift 2
  check "$name: exit 64" refused 64 "$text" "$root/install.sh" "$@"
}

wrong 'an unknown option' "unknown option '--colour'" --colour
wrong 'an unknown short option' "unknown option '-x'" -x
wrong 'an argument' "unexpected argument 'here'" here
for option in --prefix --repo --mirror --policy --object-format --host --ssh --from; do
  wrong "$option without a value" "$option needs a value" "$option"
  wrong "$option with an empty value" "$option needs a value" "$option="
  check "--help tells of $option" prints "$option " "$root/install.sh" --help
done
wrong 'a line break in a path' 'line break' --repo $'a\nb'
wrong 'an unknown object format' "unknown object format 'md5'" --repo a --object-format md5
wrong '--mirror alone' 'need --repo' --mirror somewhere
wrong '--standby alone' 'need --repo' --standby
wrong '--leader alone' 'need --repo' --leader
wrong '--standby with --leader' 'exclude each other' --repo a --standby --leader
wrong 'a flag with a value' "unknown option '--leader=yes'" --repo a --leader=yes
wrong '--ssh alone' 'needs --host' --ssh ssh
wrong '--keep alone' 'needs --demo' --keep
wrong 'a host that looks like an option' 'is not a host' --host=-oProxyCommand=x --repo a
wrong 'a mirror that looks like an option' 'is not a URL' --repo a --mirror --upload-pack=x
wrong '--demo with a path' 'stands alone' --demo --repo a
wrong '--uninstall with a role' 'goes with' --uninstall --repo a --standby
wrong '--uninstall with the other' 'goes with' --uninstall --repo a --leader
check '--help ends well' "$root/install.sh" --help
check 'nothing was made' equal "$(ls)" ''

# A machine with little on it: the basic tools, git, and no swift.
basic=(sh id uname dirname basename mkdir cp mv rm rmdir chmod ln ls cat mktemp readlink tail tr sed git)
only_commands bare "${basic[@]}" ssh-keygen pkg-config
bare() { PATH=$PWD/bare "$root/install.sh" "$@"; }
if [ -e /usr/include/yaml.h ] && [ -e /usr/include/blake2.h ]; then
  check 'no swift' refused 1 'no swift here' bare --prefix p
else
  skip 'no swift' 'the libraries are missing first'
fi
rm bare/pkg-config bare/ssh-keygen
check 'no packages and no apt-get' refused 1 'missing here: openssh-client' bare --prefix p
printf '#!/bin/sh\necho 1000\n' >fake-id && chmod +x fake-id
printf '#!/bin/sh\ncase $* in *install*) echo "$@" >>"%s/apt.log"; cp "%s" "%s/bare/strace-x" ;; esac\n' "$PWD" "$(type -P true)" "$PWD" >bare/apt-get
printf '#!/bin/sh\nexit 1\n' >bare/sudo
chmod +x bare/apt-get bare/sudo
rm bare/id && cp fake-id bare/id
check 'no packages, apt-get, neither root nor sudo' refused 1 'missing here: openssh-client' bare --prefix p
check 'says the command' grep -q 'run: sudo apt-get install openssh-client' "$scratch/stderr"
check 'installed nothing' absent apt.log p
only_commands bare ssh-keygen pkg-config env
printf '#!/bin/sh\necho 0\n' >bare/id
check 'packages, dry' prints 'would install the packages: strace-x' bare --packages strace-x --dry-run
check 'installed none' absent apt.log
check 'packages, as root' prints 'install the packages: strace-x' bare --packages strace-x
check 'through apt-get' equal "$(cat apt.log)" 'install -y --no-install-recommends strace-x'
check 'packages that are there' equal "$(bare --packages strace-x,git)" ''
printf '#!/bin/sh\necho "E: no such package"\nexit 100\n' >bare/apt-get
check 'packages that apt-get has not' refused 1 'cannot install: strace-y' bare --packages strace-y
check "shows why" grep -q 'E: no such package' "$scratch/stderr"
rm bare/git
check 'no git' refused 1 'no git here' bare --from "$KV_TEST_PREFIX" --prefix p
printf '#!/bin/sh\necho git version 2.30.2\n' >bare/git && chmod +x bare/git
check 'an old git' refused 1 'git 2.30.2 is too old' bare --from "$KV_TEST_PREFIX" --prefix p
check 'nothing was installed' absent p
check 'no temporary file is left' equal "$(ls "$TMPDIR")" ''
