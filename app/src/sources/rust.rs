//! Where Rust keeps the source of its library and of packages. Both carry their version in the paths that the compiler
//! records, so that what is found is what was compiled.

use directories::BaseDirs;
use std::path::{Path, PathBuf};

/// The library of each toolchain, and the packages that cargo has fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RustSources {
    toolchains: Vec<Toolchain>,
    /// The folders that packages lie in, one for each registry.
    registries: Vec<PathBuf>,
    /// The folder that repositories are checked out in.
    checkouts: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Toolchain {
    folder: PathBuf,
    /// The first digits of the commit that it was built of.
    commit: String,
}

impl RustSources {
    /// Those of the user: in `RUSTUP_HOME` and `CARGO_HOME`, or the usual places.
    pub fn of_user() -> RustSources {
        let home = BaseDirs::new().map(|dirs| dirs.home_dir().to_owned()).unwrap_or_default();
        let folder =
            |variable, usual| std::env::var_os(variable).map_or_else(|| home.join(usual), PathBuf::from);
        RustSources::within(&folder("RUSTUP_HOME", ".rustup"), &folder("CARGO_HOME", ".cargo"))
    }

    fn within(rustup: &Path, cargo: &Path) -> RustSources {
        let toolchain = |folder: PathBuf| Some(Toolchain { commit: commit(&folder)?, folder });
        RustSources {
            toolchains: entries(&rustup.join("toolchains")).into_iter().filter_map(toolchain).collect(),
            registries: entries(&cargo.join("registry/src")),
            checkouts: cargo.join("git/checkouts"),
        }
    }

    /// The files that may be the one which the compiler recorded as `path`.
    pub(super) fn candidates(&self, path: &str) -> Vec<PathBuf> {
        let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !matches!(*part, "" | ".")).collect();
        if parts.contains(&"..") {
            return Vec::new();
        }
        match Origin::of(&parts) {
            Some(Origin::Library { commit, rest }) => {
                let same = self.toolchains.iter().filter(|toolchain| commit.starts_with(&toolchain.commit));
                same.map(|toolchain| joined(&toolchain.folder.join("lib/rustlib/src/rust"), rest)).collect()
            }
            Some(Origin::Package { rest }) => {
                self.registries.iter().map(|registry| joined(registry, rest)).collect()
            }
            Some(Origin::Checkout { rest }) => vec![joined(&self.checkouts, rest)],
            None => Vec::new(),
        }
    }
}

/// What a path says of where a file comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin<'a> {
    /// The compiler's own repository.
    Library { commit: &'a str, rest: &'a [&'a str] },
    /// A package: its name and version, then the path in it.
    Package { rest: &'a [&'a str] },
    /// A repository at a commit: two folders, then the path in it.
    Checkout { rest: &'a [&'a str] },
}

impl Origin<'_> {
    fn of<'a>(parts: &'a [&'a str]) -> Option<Origin<'a>> {
        if let ["rustc", commit, rest @ ..] = parts
            && commit.len() == 40
            && commit.bytes().all(|digit| digit.is_ascii_hexdigit())
        {
            return Some(Origin::Library { commit, rest });
        }
        (0..parts.len()).find_map(|at| match &parts[at..] {
            // `~/.cargo/registry/src/<registry>/<package>-<version>/…`
            ["registry", "src", _, rest @ ..] => Some(Origin::Package { rest }),
            // Packages that Rust's library is made of.
            ["rust", "deps", rest @ ..] => Some(Origin::Package { rest }),
            ["git", "checkouts", rest @ ..] => Some(Origin::Checkout { rest }),
            _ => None,
        })
    }
}

/// What may bring a file that is not on this machine, as a sentence.
pub fn how_to_get(path: &str) -> Option<&'static str> {
    let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !matches!(*part, "" | ".")).collect();
    match Origin::of(&parts)? {
        Origin::Library { .. } => Some(
            "This is Rust's own library. `rustup component add rust-src`, for the toolchain that the module was \
             compiled by, brings its text.",
        ),
        Origin::Package { .. } | Origin::Checkout { .. } => {
            Some("This is a package that Rust's cargo fetches. `cargo fetch` in the project brings its text.")
        }
    }
}

/// The first digits of the commit that a toolchain was built of, from the manifest that rustup keeps in it:
/// `version = "1.95.0 (59807616e 2026-04-14)"` behind `[pkg.rustc]`.
fn commit(toolchain: &Path) -> Option<String> {
    const FEWEST_DIGITS: usize = 7;
    let manifest =
        std::fs::read_to_string(toolchain.join("lib/rustlib/multirust-channel-manifest.toml")).ok()?;
    let (_, package) = manifest.split_once("[pkg.rustc]")?;
    let version = package.lines().find(|line| line.starts_with("version"))?;
    let (_, commit) = version.split_once('(')?;
    let commit = commit.split_whitespace().next()?;
    let is_commit = commit.len() >= FEWEST_DIGITS && commit.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_commit.then(|| commit.to_owned())
}

/// What is in a folder, in order; nothing where there is none.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    entries
}

fn joined(folder: &Path, rest: &[&str]) -> PathBuf {
    rest.iter().fold(folder.to_owned(), |path, part| path.join(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::SourceProvider;
    use crate::sources::Sources;
    use std::sync::Arc;

    const COMMIT: &str = "59807616e1fa2540724bfbac14d7976d7e4a3860";

    /// A machine with two toolchains, a package and a checkout.
    fn machine() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        for (name, commit) in [("stable", "59807616e"), ("nightly", "e50aa6fba")] {
            let toolchain = format!("rustup/toolchains/{name}/lib/rustlib");
            let manifest = format!(
                "[pkg.cargo]\nversion = \"0 (1234567 x)\"\n\n[pkg.rustc]\nversion = \"1 ({commit} x)\"\n"
            );
            write(&format!("{toolchain}/multirust-channel-manifest.toml"), &manifest);
            write(&format!("{toolchain}/src/rust/library/core/src/a.rs"), name);
        }
        write("cargo/registry/src/index-1/smallvec-1.2.3/src/lib.rs", "smallvec");
        write("cargo/git/checkouts/tool-12ab/34cd/src/lib.rs", "checkout");
        write("secret", "secret");
        folder
    }

    #[test]
    fn the_text_of_the_version_that_was_compiled_is_found() {
        let folder = machine();
        let rust = RustSources::within(&folder.path().join("rustup"), &folder.path().join("cargo"));
        let sources = Sources { rust: Arc::new(rust), ..Sources::default() };
        for (path, expected) in [
            (format!("/rustc/{COMMIT}/library/core/src/a.rs"), Some("stable")),
            (format!("/rustc/{COMMIT}\\library\\core\\src\\a.rs"), Some("stable")),
            (format!("/rustc/{}/library/core/src/a.rs", COMMIT.replace('5', "6")), None),
            ("/rustc/library/core/src/a.rs".to_owned(), None),
            ("/home/x/.cargo/registry/src/other-9f/smallvec-1.2.3/src/lib.rs".to_owned(), Some("smallvec")),
            ("/home/x/.cargo/registry/src/other-9f/smallvec-1.2.4/src/lib.rs".to_owned(), None),
            ("/rust/deps/smallvec-1.2.3/src/lib.rs".to_owned(), Some("smallvec")),
            ("/x/.cargo/git/checkouts/tool-12ab/34cd/src/lib.rs".to_owned(), Some("checkout")),
            (format!("/rustc/{COMMIT}/../../../../../../../secret"), None),
        ] {
            let text = sources.source(&path).map(|text| String::from_utf8(text).unwrap());
            assert_eq!(text.as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn a_missing_text_says_what_brings_it() {
        let library = how_to_get(&format!("/rustc/{COMMIT}/library/core/src/a.rs"));
        assert!(library.unwrap().contains("rust-src"));
        assert!(how_to_get("/x/.cargo/registry/src/i/a-1.0.0/src/lib.rs").unwrap().contains("cargo fetch"));
        assert_eq!(how_to_get("src/main.rs"), None);
    }
}
