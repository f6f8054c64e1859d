//! Where the user says that source files are.

use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

/// Where the user says that source files are. As text `/my/project`, or `/build=/my/project`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SourcePlace {
    /// In this folder: each end of the path is tried, the longest first.
    Folder(PathBuf),
    /// What was in one folder when it was compiled, such as a container's, is in another one here; or one file is
    /// another one.
    Moved {
        /// The folder or file as the compiler saw it.
        from: String,
        /// The folder or file here.
        to: PathBuf,
    },
}

impl SourcePlace {
    /// Where files are if that which the compiler recorded as `path` is `file`: its neighbours are those of `file` as
    /// far as the ends of both paths agree.
    pub fn pointed_out(path: &str, file: &Path) -> SourcePlace {
        let same = common_parts(path, file);
        let folder = file.ancestors().nth(same).unwrap_or(file).to_owned();
        let front = front_of(path, same);
        let place = match front.trim_end_matches(['/', '\\']) {
            "" if front.is_empty() => SourcePlace::Folder(folder),
            "" => SourcePlace::Moved { from: front.to_owned(), to: folder },
            from => SourcePlace::Moved { from: from.to_owned(), to: folder },
        };
        let leads_there =
            matches!(place, SourcePlace::Folder(_)) || place.moved(path).as_deref() == Some(file);
        if leads_there { place } else { SourcePlace::Moved { from: path.to_owned(), to: file.to_owned() } }
    }

    /// Where a file is if it was moved.
    pub(super) fn moved(&self, path: &str) -> Option<PathBuf> {
        let SourcePlace::Moved { from, to } = self else { return None };
        if path == from {
            return Some(to.clone());
        }
        let rest = behind(path, from)?;
        let inside = Path::new(&rest).components().all(|part| matches!(part, Component::Normal(_)));
        inside.then(|| to.join(rest))
    }

    /// The folder in which ends of paths are tried.
    pub(super) fn folder(&self) -> Option<&Path> {
        match self {
            SourcePlace::Folder(folder) => Some(folder),
            SourcePlace::Moved { .. } => None,
        }
    }
}

/// How many parts at the ends of both paths are the same.
fn common_parts(path: &str, file: &Path) -> usize {
    let parts = path.rsplit(['/', '\\']);
    let theirs = file.components().rev().map(|part| part.as_os_str());
    parts.zip(theirs).take_while(|(part, other)| *part == *other && !matches!(*part, "" | "." | "..")).count()
}

/// What stands before the last `parts` of a path, with the sign that separates them.
fn front_of(path: &str, parts: usize) -> &str {
    let cut = parts.checked_sub(1).map(|before| path.rmatch_indices(['/', '\\']).nth(before));
    match cut {
        Some(Some((at, _))) => &path[..=at],
        Some(None) => "",
        None => path,
    }
}

/// What follows on the folder `from` at the start of `path`.
fn behind(path: &str, from: &str) -> Option<String> {
    let slashes = |text: &str| text.replace('\\', "/");
    let (path, from) = (slashes(path), slashes(from));
    let rest = path.strip_prefix(from.trim_end_matches('/'))?.strip_prefix('/')?;
    Some(rest.trim_start_matches("./").to_owned())
}

impl FromStr for SourcePlace {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.split_once('=') {
            // A folder may have the sign in its name.
            Some((from, to)) if !Path::new(text).is_dir() => {
                SourcePlace::Moved { from: from.to_owned(), to: PathBuf::from(to) }
            }
            _ => SourcePlace::Folder(PathBuf::from(text)),
        })
    }
}

impl fmt::Display for SourcePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourcePlace::Folder(folder) => write!(f, "{}", folder.display()),
            SourcePlace::Moved { from, to } => write!(f, "{from}={}", to.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_takes_the_place_of_whole_folders() {
        for (rule, path, expected) in [
            ("/build=/mine", "/build/src/a.c", Some("/mine/src/a.c")),
            ("/build/=/mine", "/build/./src/a.c", Some("/mine/src/a.c")),
            ("C:\\build=/mine", "C:\\build\\a.c", Some("/mine/a.c")),
            (".=/mine", "./a.c", Some("/mine/a.c")),
            ("/build=/mine", "/builder/a.c", None),
            ("/build=/mine", "/build/../etc/passwd", None),
            ("/build=/mine", "/build//etc/passwd", None),
            ("/build=/mine", "/build", Some("/mine")),
            ("/build", "/build/a.c", None),
        ] {
            let place: SourcePlace = rule.parse().unwrap();
            assert_eq!(place.moved(path).as_deref(), expected.map(Path::new), "{rule} {path}");
            assert_eq!(place.to_string(), rule);
        }
    }

    #[test]
    fn a_file_that_is_pointed_out_tells_where_its_neighbours_are() {
        for (path, file, rule) in [
            ("/build/p/src/a.c", "/mine/p/src/a.c", "/build=/mine"),
            ("/build/src/a.c", "/mine/lib/a.c", "/build/src=/mine/lib"),
            ("C:\\build\\a.c", "/mine/a.c", "C:\\build=/mine"),
            ("/src/a.c", "/mine/src/a.c", "/=/mine"),
            ("src/a.c", "/mine/src/a.c", "/mine"),
            ("../src/a.c", "/mine/src/a.c", "..=/mine"),
            ("/build/a.c", "/mine/b.c", "/build/a.c=/mine/b.c"),
            ("webpack:///src/a.ts", "/mine/src/a.ts", "webpack:///src/a.ts=/mine/src/a.ts"),
        ] {
            let place = SourcePlace::pointed_out(path, Path::new(file));
            assert_eq!(place.to_string(), rule, "{path} {file}");
            assert!(place.folder().is_some() || place.moved(path).as_deref() == Some(Path::new(file)));
        }
    }

    #[test]
    fn a_folder_that_is_there_is_no_rule() {
        let folder = tempfile::tempdir().unwrap();
        let odd = folder.path().join("a=b");
        let text = odd.display().to_string();
        assert!(matches!(text.parse(), Ok(SourcePlace::Moved { .. })));
        std::fs::create_dir(&odd).unwrap();
        assert_eq!(text.parse(), Ok(SourcePlace::Folder(odd)));
    }
}
