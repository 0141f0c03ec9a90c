/// The version of all programs, which are built and installed together.
public enum Version {
  public static let current = "0.1.0"
}
