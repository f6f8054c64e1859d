//! Call paths of real modules against what the symbols say of each code offset.

use std::path::Path;
use std::sync::Arc;
use wasmscope::analysis::{CallTreeQuery, NodeId, call_tree, lines};
use wasmscope::profile::{FrameKind, Profile};
use wasmscope_instrument::recording::{Recording, StackFrame};
use wasmscope_symbolize::{CodeOffset, FuncIndex, ModuleIndex, Symbols};

/// A recording with one sample of 1 ns at every seventh byte of the code, each a stack of one frame.
fn sampled_everywhere(module: &Arc<[u8]>) -> (Recording, ModuleIndex) {
    let index = ModuleIndex::parse(module).unwrap();
    let mut recording = Recording { module: Arc::clone(module), ..Recording::default() };
    for function in index.functions() {
        let Some(body) = function.body.clone() else { continue };
        for offset in (body.start.0..body.end.0).step_by(7) {
            let frame = StackFrame::Wasm { func: function.index, offset: CodeOffset(offset) };
            let stack = recording.stacks.push(None, frame);
            recording.samples.push(u64::from(offset), stack, 1);
        }
    }
    (recording, index)
}

#[test]
fn paths_are_the_frames_of_the_symbols() {
    for sample in ["words/words.wasm", "json/json.wasm"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(sample);
        let module: Arc<[u8]> = std::fs::read(&file).unwrap().into();
        let (recording, index) = sampled_everywhere(&module);
        let symbols = Symbols::new(module, Arc::new(index));
        let profile = Profile::new(recording);
        let mut inlined = 0;
        for (_, stack, _) in profile.recording().samples.iter() {
            let StackFrame::Wasm { offset, .. } = profile.recording().stacks.frame[stack.0 as usize] else {
                continue;
            };
            let expected: Vec<_> = symbols
                .frames(offset)
                .into_iter()
                .map(|frame| {
                    let place = frame.location.map(|at| (at.file, at.line));
                    (frame.name.full.clone(), place, frame.inlined)
                })
                .collect();
            let found: Vec<_> = profile
                .paths()
                .frames(profile.stack_path(stack))
                .map(|(frame, line)| {
                    let info = profile.frames().get(frame);
                    let place = profile.lines().get(line).map(|at| (Arc::clone(&at.file), at.line));
                    (Arc::clone(&info.name), place, info.kind == FrameKind::Inlined)
                })
                .collect();
            assert_eq!(found, expected, "{sample} {offset}");
            inlined += found.len() - 1;
        }
        assert!(inlined > 1_000, "{sample} has inlined frames: {inlined}");
        check_sums(&profile);
    }
}

/// Folding inlined frames or turning the tree round moves no weight.
fn check_sums(profile: &Profile) {
    let all = profile.recording().samples.len() as u64;
    for (inverted, inline_frames) in [(false, false), (false, true), (true, false), (true, true)] {
        let query = CallTreeQuery { inverted, inline_frames, ..CallTreeQuery::default() };
        let tree = call_tree(profile, &query);
        assert_eq!(tree.total(), all);
        assert_eq!(tree.iter().map(|(_, node)| node.self_value).sum::<u64>(), all);
        for (id, node) in tree.iter() {
            let below: u64 =
                tree.children(id).filter_map(|child| tree.get(child)).map(|c| c.total_value).sum();
            assert_eq!(node.total_value, node.self_value + below);
            assert!(inline_frames || profile.frames().get(node.frame).kind != FrameKind::Inlined);
        }
        let table = lines(profile, &query);
        let with_lines: u64 = table.files.iter().map(|file| file.self_value).sum();
        assert_eq!(table.unknown_value + with_lines, all);
        assert_eq!(table.rows.iter().map(|row| row.self_value).sum::<u64>(), with_lines);
    }
    let folded = CallTreeQuery { inline_frames: false, ..CallTreeQuery::default() };
    let tree = call_tree(profile, &folded);
    for node in tree.children(NodeId::ROOT).filter_map(|node| tree.get(node)) {
        let FrameKind::Wasm(func) = profile.frames().get(node.frame).kind else { panic!("a function") };
        assert_eq!(node.total_value, samples_in(profile, func));
    }
}

fn samples_in(profile: &Profile, func: FuncIndex) -> u64 {
    let body = profile.symbols().module().function(func).unwrap().body.clone().unwrap();
    u64::from((body.end.0 - body.start.0).div_ceil(7))
}
