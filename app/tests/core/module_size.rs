//! The parts of module files against a second reader of the binary format, a few lines long.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use wasmscope::analysis::{
    Metric, ModuleSize, ModuleSizeQuery, RunEvidence, SectionClass, SizeId, SizeKind, module_size,
};
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope_instrument::recording::{Phase, PhaseSpan, Recording};
use wasmscope_instrument::{Measure, MeasureSet};
use wasmscope_symbolize::FuncIndex;

fn opened(module: Vec<u8>) -> Profile {
    Profile::new(Recording { module: module.into(), ..Recording::default() })
}

fn sizes(profile: &Profile) -> ModuleSize {
    module_size(profile, &ModuleSizeQuery::default())
}

/// An unsigned LEB128 number at `at`, and where it ends.
fn leb(bytes: &[u8], mut at: usize) -> (usize, usize) {
    let (mut value, mut shift) = (0, 0);
    loop {
        value |= usize::from(bytes[at] & 0x7f) << shift;
        (at, shift) = (at + 1, shift + 7);
        if bytes[at - 1] & 0x80 == 0 {
            return (value, at);
        }
    }
}

/// The sections of the core module that ends with `bytes`: id, where the header is, where the contents are, the end.
fn walked(bytes: &[u8], start: usize) -> Vec<(u8, usize, usize, usize)> {
    let (mut at, mut sections) = (start + 8, Vec::new());
    while at < bytes.len() {
        let (length, contents) = leb(bytes, at + 1);
        sections.push((bytes[at], at, contents, contents + length));
        at = contents + length;
    }
    sections
}

/// The entries of a code section with their size fields.
fn bodies(bytes: &[u8], contents: usize) -> Vec<u64> {
    let (count, mut at) = leb(bytes, contents);
    let one = |_| {
        let (length, body) = leb(bytes, at);
        let whole = body + length - at;
        at = body + length;
        whole as u64
    };
    (0..count).map(one).collect()
}

/// Each part is the sum of those in it, each stands behind its parent, and the file has all of its bytes.
fn check_sums(size: &ModuleSize, bytes: usize) {
    assert_eq!(size.get(SizeId::ROOT).bytes, bytes as u64);
    for (id, node) in size.iter() {
        assert!(id == SizeId::ROOT || node.parent < id);
        assert!(node.idle_bytes <= node.judged_bytes && node.judged_bytes <= node.bytes);
        if node.has_children() {
            let parts: Vec<u64> = size.children(id).map(|child| size.get(child).bytes).collect();
            assert_eq!(parts.iter().sum::<u64>(), node.bytes, "{node:?}");
            assert!(parts.is_sorted_by(|a, b| a >= b) && parts.iter().all(|bytes| *bytes > 0));
        }
    }
    let leaves = size.iter().filter(|(_, node)| !node.has_children());
    assert_eq!(leaves.map(|(_, node)| node.bytes).sum::<u64>(), bytes as u64);
}

fn check_module(bytes: &[u8], size: &ModuleSize) {
    check_sums(size, bytes.len());
    let expected: Vec<_> =
        walked(bytes, 0).into_iter().map(|(_, header, _, end)| header as u64..end as u64).collect();
    let found: Vec<_> = size.sections().into_iter().map(|id| size.get(id).range.clone()).collect();
    assert_eq!(found, expected);
    let code = walked(bytes, 0).into_iter().find(|(id, ..)| *id == 10);
    let expected = code.map_or_else(Vec::new, |(_, _, contents, _)| bodies(bytes, contents));
    let functions = size.iter().filter_map(|(_, node)| match node.kind {
        SizeKind::Function(FuncIndex(index)) => Some((index, node.bytes)),
        _ => None,
    });
    let found: Vec<u64> = functions.collect::<BTreeMap<_, _>>().into_values().collect();
    assert_eq!(found, expected);
}

fn wasm_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let mut files: Vec<_> =
        files.into_iter().filter(|file| file.extension().is_some_and(|end| end == "wasm")).collect();
    files.extend(folders.iter().flat_map(|folder| wasm_files(folder)));
    files
}

#[test]
fn every_byte_of_every_module_is_in_one_part() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples");
    let corpus = std::env::var_os("WASMSCOPE_CORPUS").map(PathBuf::from);
    if corpus.is_none() {
        eprintln!("WASMSCOPE_CORPUS is not set: only the samples were looked at");
    }
    let (mut modules, mut components) = (0, 0);
    for file in [samples].iter().chain(&corpus).flat_map(|folder| wasm_files(folder)) {
        let bytes = std::fs::read(&file).unwrap();
        let profile = opened(bytes.clone());
        let size = sizes(&profile);
        eprintln!("{}: {} parts", file.display(), size.len());
        // A core module has version 1 in layer 0.
        if bytes.starts_with(b"\0asm\x01\0\0\0") && size.len() > 1 {
            check_module(&bytes, &size);
            modules += 1;
        } else {
            check_sums(&size, bytes.len());
            components += 1;
        }
    }
    eprintln!("{modules} core modules, {components} others");
    assert!(modules >= 9);
}

#[test]
fn a_component_has_its_core_modules_with_their_sections() {
    let module = |code: &str| wat::parse_str(format!("(module {code})")).unwrap();
    let text = r#"(component
        (core module $main (memory 1) (data (i32.const 16) "abcdefgh") (func (export "f") (nop)))
        (component (core module $inner (func) (func (nop) (nop))))
        (core instance (instantiate $main)))"#;
    let bytes = wat::parse_str(text).unwrap();
    let size = sizes(&opened(bytes.clone()));
    check_sums(&size, bytes.len());
    let ranges = size.sections().into_iter().map(|id| size.get(id).range.clone());
    assert!(
        ranges.collect::<Vec<_>>().is_sorted_by(|a, b| a.end <= b.start),
        "sections lie one behind the other"
    );
    let cores: Vec<_> = size.iter().filter(|(_, node)| node.kind == SizeKind::CoreModule).collect();
    assert_eq!(cores.iter().map(|(_, node)| &*node.name).collect::<Vec<_>>(), ["main", "inner"]);
    // A name section is in neither of both.
    let nested = size.iter().find(|(_, node)| node.kind == SizeKind::Component).unwrap();
    assert_eq!(size.children(nested.0).filter(|id| *id == cores[1].0).count(), 1);
    let inner = module("(func) (func (nop) (nop))");
    assert!(cores[1].1.bytes >= inner.len() as u64);
    let names: Vec<_> = size.sections().into_iter().map(|id| size.section_name(id)).collect();
    for wanted in ["main › data", "main › code", "inner › code", "core instance"] {
        assert!(names.iter().any(|name| name == wanted), "{wanted} is not in {names:?}");
    }
    let segments: Vec<_> =
        size.iter().filter(|(_, node)| matches!(node.kind, SizeKind::Segment(_))).collect();
    assert_eq!(segments.len(), 1);
    assert_eq!((&*segments[0].1.name, segments[0].1.bytes), ("segment 0 at 0x10", 13));
}

#[test]
fn what_cannot_be_read_is_one_part() {
    for (bytes, parts) in [(b"no module".to_vec(), 1), (Vec::new(), 1), (b"\0asm\x01\0\0\0".to_vec(), 1)] {
        let size = sizes(&opened(bytes.clone()));
        assert_eq!((size.len(), size.get(SizeId::ROOT).bytes), (parts, bytes.len() as u64));
        assert_eq!((size.run, size.reads_known, size.metric), (RunEvidence::Nothing, false, None));
    }
}

#[test]
fn strippable_sections_are_told_from_others() {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    for (name, length) in [("name", 3), (".debug_info", 5), (".debug_line", 7), ("producers", 11)] {
        bytes.extend([0, (1 + name.len() + length) as u8, name.len() as u8]);
        bytes.extend(name.as_bytes());
        bytes.extend(vec![0; length]);
    }
    let size = sizes(&opened(bytes));
    let bytes = |class| size.class_bytes(class);
    assert_eq!(bytes(SectionClass::Names), 3 + 4 + 3);
    assert_eq!(bytes(SectionClass::Debug), 2 * 3 + 2 * 11 + 5 + 7);
    assert_eq!(bytes(SectionClass::Custom), 3 + 9 + 11);
    assert_eq!((bytes(SectionClass::Code), bytes(SectionClass::Data)), (0, 0));
}

/// Two functions that are sampled, one that is on their stacks only, and one that is called and not sampled.
fn program() -> ProfileBuilder {
    ProfileBuilder::new().folded("main;hot 30\nmain;cold 10").executed("main;quick", 3, 0, 9)
}

fn node<'a>(size: &'a ModuleSize, name: &str) -> &'a wasmscope::analysis::SizeNode {
    size.iter().map(|(_, node)| node).find(|node| &*node.name == name).unwrap()
}

#[test]
fn functions_are_heated_by_their_own_weight() {
    let profile = program().build();
    let heat = |metric, name| {
        let size = module_size(&profile, &ModuleSizeQuery { metric, time: None });
        (size.metric, node(&size, name).heat)
    };
    assert_eq!(heat(Metric::Time, "hot"), (Some(Metric::Time), 30));
    assert_eq!(heat(Metric::Time, "main"), (Some(Metric::Time), 0));
    assert_eq!(heat(Metric::Instructions, "quick"), (Some(Metric::Instructions), 9));
    assert_eq!(heat(Metric::Calls, "quick"), (Some(Metric::Calls), 3));
    // What is no heat gives way to what was measured.
    assert_eq!(heat(Metric::LiveBytes, "hot"), (Some(Metric::Time), 30));
    assert_eq!(node(&sizes(&profile), "code").heat, 40);
    let query = ModuleSizeQuery { metric: Metric::Time, time: Some(0..1) };
    assert_eq!(node(&module_size(&profile, &query), "code").heat, 30, "only what began in the range");
}

/// The recording of `profile` with another head or other phases.
fn changed(profile: &Profile, change: impl FnOnce(&mut Recording)) -> ModuleSize {
    let mut recording = profile.recording().clone();
    change(&mut recording);
    sizes(&Profile::new(recording))
}

#[test]
fn only_counted_calls_tell_that_a_function_never_ran() {
    let text = r#"(module (func $f (call $g)) (func $g (nop)) (func $idle (nop) (nop) (nop)))"#;
    let mut recording = Recording { module: wat::parse_str(text).unwrap().into(), ..Recording::default() };
    let context = recording.contexts.push(None, FuncIndex(0), None);
    recording.contexts.push(Some(context), FuncIndex(1), None);
    recording.counts.push(context, 1, 0);
    let sampled = sizes(&Profile::new(recording.clone()));
    assert_eq!(sampled.run, RunEvidence::Seen);
    recording.meta.measures = MeasureSet::NONE.with(Measure::Calls);
    let profile = Profile::new(recording);
    let counted = sizes(&profile);
    assert_eq!(counted.run, RunEvidence::Counted);
    let idle: Vec<_> = counted.idle_functions().into_iter().map(|id| &*counted.get(id).name).collect();
    assert_eq!(idle, ["idle"]);
    let idle = node(&counted, "idle");
    assert_eq!((idle.bytes, idle.idle_bytes), (6, 6), "size, no locals, three nops, end");
    let warm = PhaseSpan { phase: Phase::WarmUp, start_nanos: 0, end_nanos: 1 };
    assert_eq!(changed(&profile, |recording| recording.phases.push(warm)).run, RunEvidence::Seen);
    let lost = "3 calls found no room for their path: what they did is not in the counts";
    let lossy = changed(&profile, |recording| recording.meta.warnings.push(lost.to_owned()));
    assert_eq!(lossy.run, RunEvidence::Seen);
}

#[test]
fn data_is_read_line_by_line() {
    // Bytes 100 to 300 lie in the lines 1 to 4, of which 2 is read, 3 only written, and 9 is elsewhere.
    let text =
        format!(r#"(module (memory 1) (data (i32.const 100) "{}") (data "passive"))"#, "x".repeat(200));
    let mut recording = Recording { module: wat::parse_str(text).unwrap().into(), ..Recording::default() };
    recording.meta.measures = MeasureSet::NONE.with(Measure::Access);
    for (line, reads, writes) in [(0, 1, 0), (2, 5, 0), (3, 0, 2), (9, 1, 1)] {
        recording.accesses.push(line, reads, writes);
    }
    let profile = Profile::new(recording);
    let size = sizes(&profile);
    assert!(size.reads_known);
    let segment = node(&size, "segment 0 at 0x64");
    assert_eq!((segment.judged_bytes, segment.idle_bytes), (200, 200 - 64));
    assert_eq!(node(&size, "passive segment 1").judged_bytes, 0, "where it went is not known");
    assert_eq!(size.idle_segments().len(), 1);
    // The first line has the last 28 bytes of line 1, the last one the first 44 of line 4.
    let edges = changed(&profile, |recording| {
        recording.accesses.push(1, 1, 0);
        recording.accesses.push(4, 1, 0);
    });
    assert_eq!(node(&edges, "segment 0 at 0x64").idle_bytes, 200 - 64 - 28 - 44);
    let unmeasured = changed(&profile, |recording| recording.accesses = Default::default());
    assert_eq!((unmeasured.reads_known, unmeasured.idle_segments().len()), (false, 0));
}

#[test]
fn gzip_agrees_with_the_program_of_that_name() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let bytes =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/json/json.wasm")).unwrap();
    let found = wasmscope::compressed::compressed(&bytes);
    assert!(found.brotli < found.gzip && found.gzip < bytes.len() as u64 / 2, "{found:?}");
    let gzip = Command::new("gzip").arg("-9c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut gzip) = gzip else {
        eprintln!("gzip is not installed");
        return;
    };
    let mut input = gzip.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(&bytes).unwrap());
    let expected = gzip.wait_with_output().unwrap().stdout.len() as f64;
    writer.join().unwrap();
    let ratio = found.gzip as f64 / expected;
    eprintln!("gzip -9 makes {expected} bytes, we {}", found.gzip);
    assert!((0.97..1.03).contains(&ratio), "{ratio}");
}
