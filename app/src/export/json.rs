//! The call tree and its functions as JSON. The shape is described in `app/JSON.md`.

use super::{json_file, unit_word};
use crate::analysis::{CallTree, FunctionRow, NodeId};
use crate::profile::{FrameId, FrameKind, PathId, Profile};
use rustc_hash::FxHashMap;
use serde::Serialize;
use wasmscope_symbolize::{Frame, Group};

/// The number of the JSON's shape, in `schema`. It rises when a field changes its meaning or goes away.
pub const JSON_SCHEMA: u32 = 1;

/// A function in JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FunctionJson {
    /// The index in the module; none for inlined functions and for what is no function.
    pub index: Option<u32>,
    /// `wasm`, `inlined`, `host`, `engine` or `all`.
    pub kind: &'static str,
    /// The demangled name in full.
    pub name: String,
    /// What it belongs to: a crate, a namespace, a package, a file, or the module that it is imported from.
    pub group: Option<String>,
    /// The file of the declaration or, in a path, of the code that was running.
    pub file: Option<String>,
    /// The line in it.
    pub line: Option<u32>,
}

impl FunctionJson {
    /// The function of a row.
    pub fn of_row(row: &FunctionRow) -> FunctionJson {
        FunctionJson {
            index: index_of(row.kind),
            kind: kind_word(row.kind),
            name: row.name.to_string(),
            group: row.group.as_ref().map(Group::to_string),
            file: row.file.as_deref().map(str::to_owned),
            line: row.line,
        }
    }
}

/// A function at a place in the source, in JSON: what the code at one offset comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceFrameJson {
    /// The demangled name in full.
    pub name: String,
    /// What it belongs to: a crate, a namespace, a package or a file.
    pub group: Option<String>,
    /// The file, as the compiler recorded it.
    pub file: Option<String>,
    /// The line in it; 0 for code that the compiler generated.
    pub line: Option<u32>,
    /// The column in bytes, from 1; 0 is unknown.
    pub column: Option<u32>,
    /// Whether it is inlined into the next one.
    pub inlined: bool,
}

impl SourceFrameJson {
    /// The frame of a code offset.
    pub fn of(frame: &Frame) -> SourceFrameJson {
        let Frame { name, location, inlined } = frame;
        SourceFrameJson {
            name: name.full.to_string(),
            group: frame.group_or_file().map(|group| group.to_string()),
            file: location.as_ref().map(|at| at.file.to_string()),
            line: location.as_ref().map(|at| at.line),
            column: location.as_ref().map(|at| at.column),
            inlined: *inlined,
        }
    }
}

/// The call tree in JSON.
#[derive(Serialize)]
pub struct CallTreeJson<'a> {
    module: &'a str,
    metric: &'static str,
    unit: &'static str,
    total: u64,
    functions: Vec<FunctionJson>,
    nodes: Vec<NodeJson<'a>>,
}

#[derive(Serialize)]
struct NodeJson<'a> {
    parent: Option<u32>,
    function: u32,
    file: Option<&'a str>,
    line: Option<u32>,
    #[serde(rename = "self")]
    self_value: u64,
    total: u64,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    #[serde(flatten)]
    tree: CallTreeJson<'a>,
}

/// `tree` as a file.
pub(super) fn json(profile: &Profile, tree: &CallTree) -> Vec<u8> {
    json_file(&Document { schema: JSON_SCHEMA, tree: call_tree_json(profile, tree) })
}

/// `tree` with only the functions that are in it.
pub fn call_tree_json<'a>(profile: &'a Profile, tree: &CallTree) -> CallTreeJson<'a> {
    let mut places: FxHashMap<FrameId, u32> = FxHashMap::default();
    let mut functions = Vec::new();
    let nodes = tree.iter().map(|(id, node)| {
        let function = *places.entry(node.frame).or_insert_with(|| {
            functions.push(frame_json(profile, node.frame));
            functions.len() as u32 - 1
        });
        let place = profile.lines().get(node.line);
        NodeJson {
            parent: (id != NodeId::ROOT).then_some(node.parent.0),
            function,
            file: place.map(|place| &*place.file),
            line: place.map(|place| place.line),
            self_value: node.self_value,
            total: node.total_value,
        }
    });
    let nodes = nodes.collect();
    let metric = tree.metric();
    CallTreeJson {
        module: &profile.recording().meta.module_name,
        metric: metric.name(),
        unit: unit_word(metric.unit()),
        total: tree.total(),
        functions,
        nodes,
    }
}

/// A function with the place of its declaration.
pub fn frame_json(profile: &Profile, frame: FrameId) -> FunctionJson {
    let info = profile.frames().get(frame);
    FunctionJson {
        index: index_of(info.kind),
        kind: kind_word(info.kind),
        name: info.name.to_string(),
        group: info.group.as_ref().map(Group::to_string),
        file: info.file.as_deref().map(str::to_owned),
        line: info.line,
    }
}

/// The functions of a call path, innermost first, each with the place that it was at.
pub fn path_json(profile: &Profile, path: PathId) -> Vec<FunctionJson> {
    let frames = profile.paths().frames(path);
    let frames = frames.map(|(frame, line)| {
        let place = profile.lines().get(line);
        FunctionJson {
            file: place.map(|place| place.file.to_string()),
            line: place.map(|place| place.line),
            ..frame_json(profile, frame)
        }
    });
    frames.collect()
}

pub(super) fn index_of(kind: FrameKind) -> Option<u32> {
    match kind {
        FrameKind::Wasm(func) | FrameKind::Host(func) => Some(func.0),
        FrameKind::Inlined | FrameKind::Engine | FrameKind::Root => None,
    }
}

pub(super) const fn kind_word(kind: FrameKind) -> &'static str {
    match kind {
        FrameKind::Root => "all",
        FrameKind::Wasm(_) => "wasm",
        FrameKind::Inlined => "inlined",
        FrameKind::Host(_) => "host",
        FrameKind::Engine => "engine",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{CallTreeQuery, call_tree};
    use crate::profile::ProfileBuilder;
    use serde_json::Value;

    #[test]
    fn nodes_add_up_and_point_backwards() {
        let stacks = "main@a.c:3;work@a.c:9;+inner@a.h:1 30\nmain@a.c:3;[env.log] 5\nmain@a.c:4 7\n";
        let profile = ProfileBuilder::new().folded(stacks).build();
        let bytes = json(&profile, &call_tree(&profile, &CallTreeQuery::default()));
        let json: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(
            (&json["schema"], &json["unit"], &json["total"]),
            (&1.into(), &"nanos".into(), &42.into())
        );
        let nodes = json["nodes"].as_array().unwrap();
        let own: u64 = nodes.iter().map(|node| node["self"].as_u64().unwrap()).sum();
        assert_eq!(own, 42);
        assert!(nodes[0]["parent"].is_null());
        for (at, node) in nodes.iter().enumerate().skip(1) {
            assert!(node["parent"].as_u64().unwrap() < at as u64);
        }
        let kinds: Vec<_> = json["functions"].as_array().unwrap().iter().map(|f| &f["kind"]).collect();
        assert_eq!(kinds, ["all", "wasm", "wasm", "inlined", "host"]);
        let inner = nodes.iter().find(|node| node["function"] == 3).unwrap();
        assert_eq!((&inner["file"], &inner["line"]), (&"a.h".into(), &1.into()));
    }
}
