//! Paths of source files, as compilers record them.

use std::borrow::Cow;

/// Leaves out the segments that mean nothing: `./a.c` is `a.c`, `/b/./a.c` is `/b/a.c`. `..` stays, since it may
/// cross a symbolic link.
pub(super) fn normalise(path: &str) -> Cow<'_, str> {
    if !path.starts_with("./") && !path.contains("/./") {
        return Cow::Borrowed(path);
    }
    let kept: Vec<&str> = path.split('/').filter(|segment| *segment != ".").collect();
    Cow::Owned(kept.join("/"))
}

/// `path` as seen from `directory`.
pub(super) fn join(directory: &str, path: &str) -> String {
    let absolute =
        path.starts_with(['/', '\\']) || path.get(1..3).is_some_and(|root| root == ":\\" || root == ":/");
    if absolute || directory.is_empty() {
        return path.to_owned();
    }
    let separator =
        if directory.starts_with('\\') || directory.get(1..3) == Some(":\\") { '\\' } else { '/' };
    let directory = directory.strip_suffix(separator).unwrap_or(directory);
    format!("{directory}{separator}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meaningless_segments_go() {
        assert_eq!(normalise("./a.c"), "a.c");
        assert_eq!(normalise("/b/././a.c"), "/b/a.c");
        assert_eq!(normalise("/b/../a.c"), "/b/../a.c");
        assert_eq!(normalise("a.c"), "a.c");
        assert_eq!(normalise(""), "");
    }

    #[test]
    fn absolute_paths_replace_the_directory() {
        assert_eq!(join("/src", "a.c"), "/src/a.c");
        assert_eq!(join("/src/", "a.c"), "/src/a.c");
        assert_eq!(join("/src", "/usr/a.c"), "/usr/a.c");
        assert_eq!(join("C:\\src", "a.c"), "C:\\src\\a.c");
        assert_eq!(join("C:\\src", "D:/a.c"), "D:/a.c");
        assert_eq!(join("", "a.c"), "a.c");
    }
}
