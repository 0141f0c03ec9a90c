import Glibc
import KVShared

// `kv-speed FILE [ROUNDS]`: how fast this project goes over the bytes of a file that is all in memory, on one core.
// A line for each algorithm, tab-separated: name, best round and median in GB/s (10^9 bytes), and what came out.
let arguments = CommandLine.arguments.dropFirst()
guard let path = arguments.first, let rounds = arguments.count == 1 ? 5 : Int(arguments[2]), arguments.count <= 2,
  rounds > 0
else {
  try? IO.write("usage: kv-speed FILE [ROUNDS]\n", to: 2, "standard error")
  exit(64)
}
do throws(Rejection) {
  guard let bytes = try IO.readFile(path), !bytes.isEmpty else { throw Rejection.io("'\(path)' is missing or empty") }
  for speed in bytes.withUnsafeBytes({ Speed.measure($0, rounds: rounds) }) { print(speed.line) }
} catch {
  try? IO.write("kv-speed: error: \(error.message)\n", to: 2, "standard error")
  exit(1)
}
