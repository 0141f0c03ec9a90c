# shellcheck shell=bash disable=SC2154,SC2034 # run and harness.sh set and read the names that this file shares
# The algorithms that go over every byte of a large value, each by itself on 256 MiB in memory and on one core; and
# BLAKE3 against the PyPI package `blake3`. A turn counts with the best of its three rounds: others only slow it down.

speed=$scratch/speed
speed_program=$root/.build/release/kv-speed
mkdir "$speed"
head -c 268435456 /dev/urandom >"$speed/file" || broken 'cannot make the file'
[ -x "$speed_program" ] ||
  swift build -c release -Xswiftc -static-executable --product kv-speed --package-path "$root" >"$scratch/err" 2>&1 ||
  broken 'cannot build kv-speed'

speed_python=$speed/venv/bin/python
{ python3 -m venv "$speed/venv" &&
  "$speed_python" -m pip install --quiet --no-cache-dir --disable-pip-version-check blake3; } >"$scratch/err" 2>&1 || {
  remark "PyPI's blake3 is not here: $(tail -n 1 "$scratch/err")"
  speed_python=
}
# Name, best and median in GB/s, result: as kv-speed has it.
cat >"$speed/turn.py" <<'PYTHON'
import sys, time
from blake3 import blake3
data = open(sys.argv[1], "rb").read()
rates = []
for _ in range(3):
    start = time.perf_counter()
    digest = blake3(data, max_threads=1).hexdigest()
    rates.append(len(data) / (time.perf_counter() - start) / 1e9)
print(f"pypi\t{max(rates):.3f}\t{sorted(rates)[1]:.3f}\tblake3:{digest}")
PYTHON

speed_of_ours() { speed_turn "$speed_program" "$speed/file" 3; }
speed_of_pypi() { speed_turn "$speed_python" "$speed/turn.py" "$speed/file"; }
speed_turn() {
  local name best median result
  "$@" >"$speed/lines" 2>"$scratch/err" || broken "$1 failed"
  while IFS=$'\t' read -r name best median result; do
    note_sample "speed-$name" "$best"
    case $name in blake3 | pypi) speed_digests[${#speed_digests[@]}]=$result ;; esac
  done <"$speed/lines"
}
speed_digests=()
in_turns 0 "$(rounds 5 2)" speed_of_ours ${speed_python:+speed_of_pypi}
for ((i = 1; i < ${#speed_digests[@]}; i++)); do
  [ "${speed_digests[i]}" = "${speed_digests[0]}" ] || broken 'two BLAKE3 hashes of one file'
done

report 'chunker' speed-chunker - GB/s 'ours>=1'
if [ -n "$speed_python" ]; then
  report "BLAKE3 (PyPI's blake3, one thread)" speed-blake3 speed-pypi GB/s 'ours>=1'
else
  report 'BLAKE3' speed-blake3 - GB/s 'ours>=1'
  absent "BLAKE3 (PyPI's blake3, one thread)" 'PyPI'
fi
report 'BLAKE2b, by libb2' speed-blake2b - GB/s
report 'SHA-256, as chunks are named' speed-sha256 - GB/s
report 'SHA-1, as git names objects' speed-sha1 - GB/s
report 'CRC-32' speed-crc32 - GB/s
report 'Adler-32' speed-adler32 - GB/s
rm -rf "$speed"
