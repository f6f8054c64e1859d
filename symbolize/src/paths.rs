//! Paths of source files, as compilers record them.

use std::borrow::Cow;

/// Leaves out the segments that mean nothing: `./a.c` is `a.c`, `/b/./a.c` is `/b/a.c`. `..` stays, since it may
/// cross a symbolic link. A URL, as the C library's build uses them, isn't below the directory that it was joined to.
pub(crate) fn normalise(path: &str) -> Cow<'_, str> {
    let path = from_scheme(path);
    if !path.starts_with("./") && !path.contains("/./") {
        return Cow::Borrowed(path);
    }
    let kept: Vec<&str> = path.split('/').filter(|segment| *segment != ".").collect();
    Cow::Owned(kept.join("/"))
}

/// What begins with the last `scheme://` in the path; all of it if there is none.
fn from_scheme(path: &str) -> &str {
    let scheme = path
        .rfind("://")
        .and_then(|at| path.get(..at))
        .map(|before| before.rfind('/').map_or(0, |at| at + 1));
    scheme.and_then(|start| path.get(start..)).unwrap_or(path)
}

/// `path` as seen from `directory`.
pub(crate) fn join(directory: &str, path: &str) -> String {
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
        assert_eq!(normalise("sdk://v1/build/sdk://v1/src/a.c"), "sdk://v1/src/a.c");
        assert_eq!(normalise("sdk://v1/src/a.c"), "sdk://v1/src/a.c");
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
