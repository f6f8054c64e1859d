//! The layers, as invariants of absence: what a crate or folder must not name.

use std::fs;
use std::path::{Path, PathBuf};
use wasmscope_tests::root;

/// A part of the project and the words that none of its sources may contain, with the reason.
struct Layer {
    part: &'static str,
    except: &'static [&'static str],
    absent: &'static [&'static str],
}

const LAYERS: &[Layer] = &[
    // Bytes come in, meaning goes out: no file, no engine, no window.
    Layer {
        part: "symbolize/src",
        except: &[],
        absent: &[
            "std::fs",
            "std::net",
            "std::env",
            "wasmtime::",
            "wasmscope_instrument",
            "wasmscope::",
            "egui",
        ],
    },
    // The engine lives here, and nothing of what its results look like.
    Layer {
        part: "instrument/src",
        except: &[],
        absent: &["gimli::", "addr2line::", "egui", "use wasmscope::", "std::net"],
    },
    // The core of the app knows recordings and symbols, neither the engine nor the window.
    Layer {
        part: "app/src",
        except: &["app/src/ui", "app/src/main.rs"],
        absent: &[
            "wasmtime::",
            "wasmparser::",
            "gimli::",
            "addr2line::",
            "egui",
            "eframe",
            "rfd::",
            "crate::ui",
            "std::net",
        ],
    },
    Layer {
        part: "app/src/ui",
        except: &[],
        absent: &["wasmtime::", "wasmparser::", "gimli::", "addr2line::", "std::net"],
    },
    // One part opens network connections, and only the command line asks it to.
    Layer { part: "symbolize/src", except: &[], absent: &["ureq", "rustls"] },
    Layer { part: "instrument/src", except: &[], absent: &["ureq", "rustls"] },
    Layer {
        part: "app/src",
        except: &["app/src/push"],
        absent: &["ureq", "rustls", "TcpStream", "UdpSocket"],
    },
    Layer {
        part: "app/src",
        except: &["app/src/push", "app/src/cli"],
        absent: &["crate::push", "wasmscope::push"],
    },
    // Views are pure: they read the profile that they are given.
    Layer {
        part: "app/src/analysis",
        except: &[],
        absent: &["std::fs", "std::env", "std::thread", "SystemTime"],
    },
];

#[test]
fn no_layer_reaches_to_its_right() {
    let found: Vec<_> = LAYERS.iter().flat_map(violations).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn violations(layer: &Layer) -> Vec<String> {
    let is_excepted = |path: &Path| layer.except.iter().any(|except| path.starts_with(root().join(except)));
    let files = sources(&root().join(layer.part)).into_iter().filter(|path| !is_excepted(path));
    files.flat_map(|path| named_in(&path, layer.absent)).collect()
}

fn named_in(path: &Path, absent: &[&str]) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let code = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.flat_map(|(number, line)| {
        let named = absent.iter().filter(move |word| line.contains(**word));
        named.map(move |word| format!("{}:{}: `{word}`", path.display(), number + 1))
    })
    .collect()
}

#[test]
fn panels_do_not_know_each_other() {
    let folder = root().join("app/src/ui/panels");
    let panels: Vec<_> = fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.path()).collect();
    let names: Vec<_> =
        panels.iter().filter_map(|path| path.file_stem()?.to_str()).filter(|n| *n != "mod").collect();
    for (panel, name) in panels.iter().filter_map(|path| Some((path, path.file_stem()?.to_str()?))) {
        for source in sources(panel) {
            let text = fs::read_to_string(&source).unwrap();
            let others = names.iter().filter(|other| **other != name && name != "mod");
            for other in others {
                assert!(!text.contains(&format!("panels::{other}::")), "{} uses {other}", source.display());
                assert!(
                    !text.contains(&format!("super::{other}::")) || panel.is_dir(),
                    "{} uses {other}",
                    source.display()
                );
            }
        }
    }
}

/// All Rust files at or below `path`.
pub fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return if path.extension().is_some_and(|e| e == "rs") { vec![path.to_owned()] } else { Vec::new() };
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.flat_map(|entry| sources(&entry.path())).collect()
}
