//! Folded stacks: `main;parse;value 1200`, the outermost function first, with the weight of each path by itself.

use super::UNKNOWN;
use crate::analysis::{CallNode, CallTree, NodeId};
use crate::profile::Profile;
use std::fmt::Write;

/// The paths of `tree` that weigh anything by themselves, one line each. The weights add up to the tree's total.
pub(super) fn folded(profile: &Profile, tree: &CallTree) -> String {
    let mut text = String::new();
    let mut path: Vec<String> = Vec::new();
    for (id, node) in tree.iter() {
        enter(&mut path, profile, id, &node);
        if node.self_value > 0 {
            let names = if path.is_empty() { UNKNOWN.to_owned() } else { path.join(";") };
            // Writing to a string can't fail.
            let _ = writeln!(text, "{names} {}", node.self_value);
        }
    }
    text
}

/// Makes `path` the names from the outermost function to `node`. The root has none.
fn enter(path: &mut Vec<String>, profile: &Profile, id: NodeId, node: &CallNode) {
    if id == NodeId::ROOT {
        return;
    }
    path.truncate((node.depth as usize).saturating_sub(1));
    path.push(name(&profile.frames().get(node.frame).name));
}

/// A name without what separates names and lines. `[u8; 4]` becomes `[u8: 4]`.
fn name(name: &str) -> String {
    let plain = |c: char| match c {
        ';' => ':',
        c if c.is_control() => ' ',
        c => c,
    };
    let name: String = name.chars().map(plain).collect();
    let name = name.trim();
    if name.is_empty() { "?".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{CallTreeQuery, call_tree};
    use crate::profile::ProfileBuilder;

    const STACKS: &str = "main 5\nmain;parse@json.c:7;+next@json.c:30 20\nmain;parse;[env.read] 1\nother 4\n";

    fn folded_of(stacks: &str) -> String {
        let profile = ProfileBuilder::new().folded(stacks).build();
        folded(&profile, &call_tree(&profile, &CallTreeQuery::default()))
    }

    #[test]
    fn stacks_come_out_as_they_went_in() {
        let folded = folded_of(STACKS);
        let lines = "main 5\nmain;parse;next 20\nmain;parse;env.read 1\nother 4\n";
        assert_eq!(folded, lines);
    }

    #[test]
    fn separators_in_names_are_replaced() {
        for (given, expected) in
            [("f<[u8; 4]>", "f<[u8: 4]>"), ("a\nb", "a b"), ("\t", "?"), ("", "?"), ("größe 7", "größe 7")]
        {
            assert_eq!(name(given), expected);
        }
    }

    #[test]
    fn another_reader_finds_the_same_total() {
        let mut options = inferno::flamegraph::Options::default();
        options.no_javascript = true;
        let mut svg = Vec::new();
        inferno::flamegraph::from_reader(&mut options, folded_of(STACKS).as_bytes(), &mut svg).unwrap();
        let svg = String::from_utf8(svg).unwrap();
        assert!(svg.contains("<title>all (30 samples, 100%)</title>"), "{svg}");
        assert!(svg.contains("<title>next (20 samples, 66.67%)</title>"), "{svg}");
    }
}
