//! Transforms of call paths: what each leaves of a tree made by hand, and what they keep of the sums.

use wasmscope::analysis::{
    CallTreeQuery, NodeId, Subtree, Transform, call_tree, flame, function_costs, functions, lines,
};
use wasmscope::profile::{FrameId, Profile, ProfileBuilder};

const PATHS: &str = "main;parse;scan 10
main;parse;parse;scan 5
main;parse;parse 2
main;render;[host.write] 20
main;render;+fmt;[host.write] 7
main;log;+fmt 3
main 1";

fn profile() -> Profile {
    ProfileBuilder::new().folded(PATHS).build()
}

fn frame(profile: &Profile, name: &str) -> FrameId {
    profile.frames().find(name).unwrap()
}

/// The tree as folded text, each line a path with what it weighs by itself, in the order of the alphabet.
fn folded(profile: &Profile, query: &CallTreeQuery) -> Vec<String> {
    let tree = call_tree(profile, query);
    let mut rows: Vec<String> = tree
        .iter()
        .filter(|(_, node)| node.self_value > 0)
        .map(|(id, node)| {
            let up = tree.up(id).filter(|id| *id != NodeId::ROOT);
            let mut names: Vec<_> =
                up.map(|id| profile.frames().get(tree.get(id).unwrap().frame).name.to_string()).collect();
            names.reverse();
            format!("{} {}", names.join(";"), node.self_value)
        })
        .collect();
    rows.sort();
    rows
}

fn after(profile: &Profile, transforms: &[Transform]) -> Vec<String> {
    folded(profile, &CallTreeQuery { transforms: transforms.to_vec(), ..CallTreeQuery::default() })
}

fn subtree(profile: &Profile, names: &[&str], inverted: bool) -> Transform {
    let frames = names.iter().map(|name| frame(profile, name)).collect();
    Transform::FocusSubtree(Subtree { frames, inverted, skips_inlined: false })
}

#[test]
fn each_transform_leaves_what_it_should() {
    let profile = profile();
    let of = |name| frame(&profile, name);
    for (transform, expected) in [
        (
            Transform::FocusFunction(of("parse")),
            &["parse;parse 2", "parse;parse;scan 5", "parse;scan 10"][..],
        ),
        (Transform::FocusFunction(of("fmt")), &["fmt 3", "fmt;host.write 7"]),
        (subtree(&profile, &["main", "parse", "parse"], false), &["parse 2", "parse;scan 5"]),
        (subtree(&profile, &["scan", "parse"], true), &["main;parse 10", "main;parse;parse 5"]),
        (
            Transform::MergeFunction(of("parse")),
            &[
                "main 3",
                "main;log;fmt 3",
                "main;render;fmt;host.write 7",
                "main;render;host.write 20",
                "main;scan 15",
            ],
        ),
        (
            Transform::DropFunction(of("fmt")),
            &[
                "main 1",
                "main;parse;parse 2",
                "main;parse;parse;scan 5",
                "main;parse;scan 10",
                "main;render;host.write 20",
            ],
        ),
        (
            Transform::CollapseFunction(of("parse")),
            &[
                "main 1",
                "main;log;fmt 3",
                "main;parse 17",
                "main;render;fmt;host.write 7",
                "main;render;host.write 20",
            ],
        ),
        (
            Transform::CollapseRecursion(of("parse")),
            &[
                "main 1",
                "main;log;fmt 3",
                "main;parse 2",
                "main;parse;scan 15",
                "main;render;fmt;host.write 7",
                "main;render;host.write 20",
            ],
        ),
    ] {
        assert_eq!(after(&profile, std::slice::from_ref(&transform)), expected, "{transform:?}");
    }
}

#[test]
fn recursion_through_others_is_collapsed_too() {
    let profile = ProfileBuilder::new().folded("a;b;a;c 4\na;b;a;b 2\na;c 1\nb;a;b;a 8").build();
    let transform = Transform::CollapseRecursion(frame(&profile, "a"));
    assert_eq!(after(&profile, &[transform]), ["a;b 2", "a;c 5", "b;a 8"]);
}

#[test]
fn a_collapsed_group_shows_where_it_is_entered() {
    let profile = ProfileBuilder::new()
        .folded(
            "app::main;json::read;json::parse;app::visit;json::skip;json::next 4\napp::main;json::parse 2",
        )
        .build();
    let group = profile.frames().get(frame(&profile, "json::read")).group.clone().unwrap();
    let rows = after(&profile, &[Transform::CollapseGroup(group)]);
    assert_eq!(rows, ["app::main;json::parse 2", "app::main;json::read;app::visit;json::skip 4"]);
}

#[test]
fn transforms_are_done_in_order_and_each_to_what_those_before_it_left() {
    let profile = profile();
    let of = |name| frame(&profile, name);
    let (merge, focus) = (Transform::MergeFunction(of("render")), Transform::FocusFunction(of("render")));
    assert_eq!(after(&profile, &[focus.clone(), merge.clone()]), ["fmt;host.write 7", "host.write 20"]);
    assert!(after(&profile, &[merge, focus]).is_empty(), "there is nothing left to be focused on");
    let recursion = Transform::CollapseRecursion(of("parse"));
    let box_of = subtree(&profile, &["main", "parse", "scan"], false);
    assert_eq!(after(&profile, &[recursion, box_of]), ["scan 15"]);
}

#[test]
fn an_inverted_tree_shows_the_same_weights() {
    let profile = profile();
    let of = |name| frame(&profile, name);
    let write = "host.write";
    let query = CallTreeQuery {
        inverted: true,
        transforms: vec![Transform::FocusFunction(of("render"))],
        ..CallTreeQuery::default()
    };
    assert_eq!(folded(&profile, &query), ["host.write;fmt;render 7", "host.write;render 20"]);
    let sandwich = vec![Transform::CollapseFunction(of(write)), subtree(&profile, &[write], true)];
    let query = CallTreeQuery { inverted: true, transforms: sandwich, ..CallTreeQuery::default() };
    assert_eq!(folded(&profile, &query), ["host.write;fmt;render;main 7", "host.write;render;main 20"]);
}

#[test]
fn folded_inlined_functions_keep_what_transforms_said() {
    let profile = profile();
    let of = |name| frame(&profile, name);
    let rows = |transform| {
        let transforms = vec![transform];
        folded(&profile, &CallTreeQuery { transforms, inline_frames: false, ..CallTreeQuery::default() })
    };
    let dropped = rows(Transform::DropFunction(of("fmt")));
    assert!(dropped.contains(&"main;render;host.write 20".to_owned()), "{dropped:?}");
    let write = Subtree {
        frames: ["main", "render", "host.write"].map(of).to_vec(),
        inverted: false,
        skips_inlined: true,
    };
    assert_eq!(rows(Transform::FocusSubtree(write.clone())), ["host.write 27"]);
    let frames = write.frames.into_iter().rev().take(2).collect();
    let ending = Subtree { frames, inverted: true, skips_inlined: true };
    assert_eq!(rows(Transform::FocusSubtree(ending)), ["main;render 27"]);
}

/// Merging and collapsing keep every weight; what focus keeps and what drop leaves is the whole.
#[test]
fn no_weight_is_made_up_or_lost() {
    let profile = profile();
    let whole = call_tree(&profile, &CallTreeQuery::default()).total();
    for (id, info) in profile.frames().iter().skip(1) {
        for inverted in [false, true] {
            for inline_frames in [false, true] {
                let total = |transform: Transform| {
                    let transforms = vec![transform];
                    let query =
                        CallTreeQuery { transforms, inverted, inline_frames, ..CallTreeQuery::default() };
                    let total = call_tree(&profile, &query).total();
                    assert_eq!(functions(&profile, &query).total, total);
                    assert_eq!(lines(&profile, &query).total, total);
                    total
                };
                assert_eq!(total(Transform::MergeFunction(id)), whole);
                assert_eq!(total(Transform::CollapseFunction(id)), whole);
                assert_eq!(total(Transform::CollapseRecursion(id)), whole);
                if let Some(group) = info.group.clone() {
                    assert_eq!(total(Transform::CollapseGroup(group)), whole);
                }
                let (inside, outside) = (Transform::FocusFunction(id), Transform::DropFunction(id));
                assert_eq!(total(inside) + total(outside), whole, "{}", info.name);
            }
        }
    }
}

#[test]
fn a_function_costs_the_same_whichever_way_the_tree_is_read() {
    let profile = profile();
    let costs = |inverted| {
        let tree = call_tree(&profile, &CallTreeQuery { inverted, ..CallTreeQuery::default() });
        function_costs(&tree, inverted, profile.frames().len())
    };
    let (callers_first, leaves_first) = (costs(false), costs(true));
    for row in functions(&profile, &CallTreeQuery::default()).rows {
        let at = row.frame.index();
        assert_eq!(callers_first[at], leaves_first[at], "{}", row.name);
        assert_eq!(
            (callers_first[at].self_value, callers_first[at].total_value),
            (row.self_value, row.total_value)
        );
    }
}

#[test]
fn neighbours_stand_in_the_same_row() {
    let profile = profile();
    let tree = call_tree(&profile, &CallTreeQuery::default());
    let layout = flame(&tree);
    for depth in 0..layout.row_count() {
        let row = layout.row(depth).boxes;
        for (at, place) in row.iter().enumerate() {
            let right = row.get(at + 1).map(|next| next.node);
            let left = at.checked_sub(1).map(|before| row[before].node);
            assert_eq!((layout.beside(place.node, 1), layout.beside(place.node, -1)), (right, left));
        }
    }
    assert_eq!(layout.beside(NodeId(u32::MAX), 1), None);
}
