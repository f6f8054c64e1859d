//! Where the code of a function stands.

use super::CallTreeQuery;
use super::weights::self_weights;
use crate::profile::{FrameId, FrameKind, PathId, Profile};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use wasmscope_symbolize::FuncIndex;

/// The functions of the module that have the code of `frame`: those that it was inlined into, by falling weight in
/// what `query` asks for; itself if it is one; none if it is not the module's.
pub fn enclosing(profile: &Profile, frame: FrameId, query: &CallTreeQuery) -> Vec<FuncIndex> {
    match profile.frames().get(frame).kind {
        FrameKind::Wasm(function) => vec![function],
        FrameKind::Inlined => inlined_into(profile, frame, query),
        FrameKind::Root | FrameKind::Host(_) | FrameKind::Engine => Vec::new(),
    }
}

fn inlined_into(profile: &Profile, frame: FrameId, query: &CallTreeQuery) -> Vec<FuncIndex> {
    let paths = profile.paths();
    let weights = total_weights(profile, query);
    let mut sums: FxHashMap<FuncIndex, u64> = FxHashMap::default();
    for (path, weight) in (0..).map(PathId).zip(weights).filter(|(path, _)| paths.frame(*path) == frame) {
        let kinds = paths.frames(path).map(|(frame, _)| profile.frames().get(frame).kind);
        let outer = kinds.into_iter().find(|kind| *kind != FrameKind::Inlined);
        if let Some(FrameKind::Wasm(function)) = outer {
            let sum = sums.entry(function).or_default();
            *sum = sum.saturating_add(weight);
        }
    }
    let mut sums: Vec<(FuncIndex, u64)> = sums.into_iter().collect();
    sums.sort_by_key(|(function, sum)| (Reverse(*sum), *function));
    sums.into_iter().map(|(function, _)| function).collect()
}

/// The weight of each path with all that was called from it.
fn total_weights(profile: &Profile, query: &CallTreeQuery) -> Vec<u64> {
    let mut weights = self_weights(profile, query);
    for path in (1..weights.len()).rev() {
        let parent = profile.paths().parent(PathId(path as u32)).index();
        weights[parent] = weights[parent].saturating_add(weights[path]);
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::ProfileBuilder;

    #[test]
    fn inlined_code_stands_in_the_functions_that_it_was_inlined_into() {
        let text =
            "main;light;+push;+grow 5\nmain;heavy;+push;leaf 7\nmain;heavy;+grow 1\nmain;[host.write] 9";
        let profile = ProfileBuilder::new().folded(text).build();
        let names = |of: &str| -> Vec<String> {
            let frame = profile.frames().find(of).unwrap();
            let functions = enclosing(&profile, frame, &CallTreeQuery::default());
            functions.into_iter().map(|index| profile.symbols().name(index).name.short.to_string()).collect()
        };
        assert_eq!(names("push"), ["heavy", "light"]);
        assert_eq!(names("grow"), ["light", "heavy"]);
        assert_eq!(names("leaf"), ["leaf"]);
        assert!(names("host.write").is_empty());
    }
}
