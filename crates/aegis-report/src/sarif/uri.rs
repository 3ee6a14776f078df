//! Paths as GitHub and SARIF want them.

/// The path from the root of the repository: `root` and `path` joined, `.` and `..` resolved. A
/// path that leaves the repository, or is absolute, stays as it is.
pub(crate) fn repository_path(root: &str, path: &str) -> String {
    if is_absolute(path) {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in root.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => return path.to_owned(),
            ".." => {}
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether the path is absolute on any system.
pub(crate) fn is_absolute(path: &str) -> bool {
    path.starts_with('/')
        || matches!(path.as_bytes(), [drive, b':', b'/', ..] if drive.is_ascii_alphabetic())
}

/// The path as a URI reference: relative, or `file:` if it is absolute.
pub(crate) fn reference(root: &str, path: &str) -> String {
    let path = repository_path(root, path);
    match (is_absolute(&path), path.starts_with('/')) {
        (false, _) => percent_encode(&path),
        (true, true) => format!("file://{}", percent_encode(&path)),
        (true, false) => format!("file:///{}", percent_encode(&path).replacen("%3A", ":", 1)),
    }
}

/// Keeps unreserved characters and `/`; everything else is written in percent form.
pub(crate) fn percent_encode(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~@+".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out += &format!("%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_repository() {
        assert_eq!(repository_path("", "./a/b.py"), "a/b.py");
        assert_eq!(repository_path("services/api", "a.py"), "services/api/a.py");
        assert_eq!(
            repository_path("services/api/", "../web/a.py"),
            "services/web/a.py"
        );
        assert_eq!(repository_path("", "../a.py"), "../a.py");
        assert_eq!(repository_path("x", "/tmp/a.py"), "/tmp/a.py");
    }

    #[test]
    fn uris_are_percent_encoded_and_absolute_paths_get_a_scheme() {
        assert_eq!(reference("", "a b/é#1?.py"), "a%20b/%C3%A9%231%3F.py");
        assert_eq!(reference("", "a:b.py"), "a%3Ab.py");
        assert_eq!(reference("", "/tmp/a.py"), "file:///tmp/a.py");
        assert_eq!(reference("", "C:/x/a.py"), "file:///C:/x/a.py");
    }
}
