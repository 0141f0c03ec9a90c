// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// One hook or worker: a small executable that shares `KVShared` and nothing else.
func tool(_ name: String) -> Target {
  .executableTarget(name: name, dependencies: ["KVShared"], swiftSettings: strict)
}

let package = Package(
  name: "git-kv",
  products: [
    .executable(name: "git-kv", targets: ["git-kv"]),
    .executable(name: "kv-pre-receive", targets: ["kv-pre-receive"]),
    .executable(name: "kv-update", targets: ["kv-update"]),
    .executable(name: "kv-post-receive", targets: ["kv-post-receive"]),
    .executable(name: "kv-mirror-worker", targets: ["kv-mirror-worker"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
  ],
  targets: [
    .systemLibrary(name: "Clibyaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "Clibb2", pkgConfig: "libb2", providers: [.apt(["libb2-dev"])]),
    .target(
      name: "KVShared",
      dependencies: ["Clibyaml", "Clibb2", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: strict),
    tool("kv-pre-receive"),
    tool("kv-update"),
    tool("kv-post-receive"),
    tool("kv-mirror-worker"),
    .executableTarget(
      name: "git-kv",
      dependencies: ["KVShared", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: strict),
    .executableTarget(
      name: "kv-speed", dependencies: ["KVShared"], path: "Tests/Benchmarks/Speed", swiftSettings: strict),
    .testTarget(name: "KVSharedTests", dependencies: ["KVShared"], swiftSettings: strict),
    .testTarget(name: "GitKVTests", dependencies: ["git-kv", "KVShared"], swiftSettings: strict),
    .testTarget(name: "StoryTests", swiftSettings: strict),
  ]
)
