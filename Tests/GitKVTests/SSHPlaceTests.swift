import Testing

@testable import git_kv

@Suite struct SSHPlaceTests {
  /// Host, port and path as git takes a url apart.
  @Test(arguments: [
    ("ssh://host/srv/a.git", "host", nil, "/srv/a.git"),
    ("ssh://git@host:2222/srv/a b's.git", "git@host", "2222", "/srv/a b's.git"),
    ("git+ssh://host/srv/a%20b%27s.git", "host", nil, "/srv/a b's.git"),
    ("ssh://host/~/a.git", "host", nil, "a.git"), ("ssh://host/~bob/a.git", "host", nil, "~bob/a.git"),
    ("ssh://[::1]/a.git", "::1", nil, "/a.git"), ("ssh://me@[fe80::1]:22/a.git", "me@fe80::1", "22", "/a.git"),
    ("host:a.git", "host", nil, "a.git"), ("git@host:/srv/a:b%20.git", "git@host", nil, "/srv/a:b%20.git"),
    ("host:~/a.git", "host", nil, "a.git"), ("[::1]:a.git", "::1", nil, "a.git"),
    ("git@[::1]:a.git", "git@::1", nil, "a.git"), ("[host:2222]:a.git", "host", "2222", "a.git"),
  ])
  func places(url: String, host: String, port: String?, path: String) throws {
    let place = try #require(SSHPlace(url))
    #expect(place.host == host && place.port == port && place.path == path)
  }

  @Test(arguments: [
    "ssh://host", "ssh:///a.git", "ssh://-oProxyCommand=x/a.git", "-oProxyCommand=x:a.git", "host:", ":a.git", "host",
    "ssh://host:x/a.git", "ssh://%2Dox/a.git", "ssh://host/%ff", "",
  ])
  func noPlaces(url: String) {
    #expect(SSHPlace(url) == nil)
  }
}
