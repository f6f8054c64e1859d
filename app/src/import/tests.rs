//! Small profiles of each format, whole, damaged and hostile; the folded text that comes of them tells what was read.

use super::{MOST_UNPACKED_BYTES, import, resolve, unpacked};
use crate::analysis::{CallTreeQuery, Metric};
use crate::export::{Format, export};
use crate::pipeline::tests::MAPPED;
use crate::profile::{FrameKind, Profile, ProfileBuilder};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use wasmscope_instrument::recording::{Recording, StackFrame, write_imported};
use wasmscope_symbolize::{CodeOffset, FuncIndex, ModuleIndex};

fn recording(bytes: &[u8]) -> Recording {
    import(bytes, "a").unwrap().unwrap()
}

fn folded_by(profile: &Profile, metric: Metric) -> String {
    let query = CallTreeQuery { metric, ..CallTreeQuery::default() };
    String::from_utf8(export(profile, &query, Format::Folded)).unwrap()
}

fn folded(bytes: &[u8]) -> String {
    folded_by(&Profile::new(recording(bytes)), Metric::Time)
}

fn refusal(bytes: &[u8]) -> String {
    import(bytes, "a").unwrap_err().to_string()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// What V8 writes of a function of a module that JavaScript calls.
const CHROME: &str = r#"{"nodes":[
    {"id":1,"callFrame":{"functionName":"(root)","url":"","lineNumber":-1,"columnNumber":-1},"children":[2,4]},
    {"id":2,"callFrame":{"functionName":"main","url":"file:///my%20a.js","lineNumber":6,"columnNumber":3},
    "children":[3]},
    {"id":3,"callFrame":{"functionName":"wasm-function[0]","url":"wasm://wasm/1a","lineNumber":0,"columnNumber":31}},
    {"id":4,"callFrame":{"functionName":"(idle)","url":"","lineNumber":-1,"columnNumber":-1}}],
    "startTime":100,"endTime":200,"samples":[2,3,4,3],"timeDeltas":[10,20,30,-5]}"#;

#[test]
fn chrome_profiles_have_the_time_between_samples() {
    assert_eq!(folded(CHROME.as_bytes()), "main 10000\nmain;wasm-function[0] 45000\n(idle) 5000\n");
    assert_eq!(folded(&gzip(CHROME.as_bytes())), folded(CHROME.as_bytes()));
    let profile = Profile::new(recording(CHROME.as_bytes()));
    let kinds: Vec<_> = profile.frames().iter().map(|(_, frame)| frame.kind).collect();
    assert!(matches!(kinds[1..], [FrameKind::Host(_), FrameKind::Wasm(_), FrameKind::Host(_)]), "{kinds:?}");
    let main = profile.frames().get(profile.frames().find("main").unwrap());
    assert_eq!((main.file.as_deref(), main.line), (Some("/my a.js"), Some(7)));
    assert!(profile.is_stripped() && profile.needs_module());
}

#[test]
fn what_is_wrong_with_a_chrome_profile_is_told_with_its_place() {
    let again = "save it anew from the tool that made it";
    let cut = &CHROME[..CHROME.len() / 2];
    let told = refusal(cut.as_bytes());
    assert!(told.starts_with("a Chrome CPU profile that breaks off: EOF while parsing"), "{told}");
    assert!(told.contains("line 5") && told.ends_with(again), "{told}");
    for (from, to, expected) in [
        ("[2,3,4,3]", "[2,3,4,9]", "sample 3 is of node 9, which is not there"),
        ("[2,3,4,3]", "[2,3,4]", "it has 3 samples and 4 times"),
        ("[2,4]", "[2,7]", "node 1 has a child that is not there"),
        (r#""columnNumber":31}"#, r#""columnNumber":31},"children":[2]"#, "calls itself in a circle"),
        ("[2,3,4,3]", "{}", "invalid type"),
    ] {
        let told = refusal(CHROME.replace(from, to).as_bytes());
        assert!(told.contains(expected) && told.ends_with(again), "{told}");
    }
    let empty = refusal(br#"{"nodes":[],"samples":[],"timeDeltas":[]}"#);
    assert!(empty.starts_with("a Chrome CPU profile without samples"), "{empty}");
}

#[test]
fn chrome_traces_hold_profiles_in_pieces() {
    let trace = r#"{"traceEvents":[{"name":"RunTask","ph":"X","args":{"data":"anything"}},
        {"name":"ProfileChunk","pid":1,"id":"0x1","args":{"data":{"cpuProfile":{"nodes":[
        {"id":1,"callFrame":{"functionName":"(root)"}},{"id":2,"parent":1,"callFrame":{"functionName":"f"}}],
        "samples":[2]},"timeDeltas":[4]}}},
        {"name":"ProfileChunk","pid":1,"id":"0x1","args":{"data":{"cpuProfile":{"nodes":[
        {"id":3,"parent":2,"callFrame":{"functionName":"g"}}],"samples":[3,3]},"timeDeltas":[1,1]}}},
        {"name":"ProfileChunk","pid":2,"id":"0x7","args":{"data":{"cpuProfile":{"nodes":[
        {"id":1,"callFrame":{"functionName":"other"}}],"samples":[1]},"timeDeltas":[9]}}}]}"#;
    assert_eq!(folded(trace.as_bytes()), "f 4000\nf;g 2000\n");
    let warnings = recording(trace.as_bytes()).meta.warnings;
    let expected =
        "only the profile 0x1 of process 1 is shown; left out: 1 profile, 0x7 of process 2 (1 sample)";
    assert_eq!(warnings, [expected]);
}

/// Two threads; in the larger `push` is inlined into `parse`, which `main` calls.
const FIREFOX: &str = r#"{"meta":{"interval":2,"startTime":5,"preprocessedProfileVersion":50},"libs":[],"threads":[
    {"name":"idle","samples":{"stack":[null,null,null]},"markers":{"length":0}},
    {"name":"busy","samples":{"stack":[2,1,null],"time":[1,3,5],"weight":null,"weightType":"samples","length":3},
    "stackTable":{"prefix":[null,0,1],"frame":[0,1,2]},
    "frameTable":{"func":[0,1,2],"inlineDepth":[0,0,1],"line":[3,10,8],"address":[-1,-1,-1]},
    "funcTable":{"name":[0,1,2],"fileName":[3,3,4],"lineNumber":[1,9,null],"resource":[-1,-1,-1]},
    "stringArray":["main","parse","push","app.c","vec.h"]}]}"#;

#[test]
fn firefox_profiles_have_lines_and_inlined_frames() {
    let as_built = |text: &str| {
        let profile = Profile::new(recording(text.as_bytes()));
        let built = ProfileBuilder::new();
        let built = built
            .folded("main@app.c:3;parse@app.c:10;+push@vec.h:8 2000000\nmain@app.c:3;parse@app.c:10 2000000");
        let built = built.build();
        let lines = |profile: &Profile| profile.lines().iter().cloned().collect::<Vec<_>>();
        assert_eq!(lines(&profile), lines(&built));
        let kinds = |profile: &Profile| {
            profile.frames().iter().map(|(_, frame)| frame.kind == FrameKind::Inlined).collect::<Vec<_>>()
        };
        assert_eq!(kinds(&profile), kinds(&built));
        assert_eq!(folded_by(&profile, Metric::Time), folded_by(&built, Metric::Time));
    };
    as_built(FIREFOX);
    // Older ones wrap the strings; newer ones share all tables.
    as_built(
        &FIREFOX.replace(r#""stringArray":["#, r#""stringTable":{"_array":["#).replace("\"]}]}", "\"]}}]}"),
    );
    let (threads, tables) = FIREFOX.split_once("\"stackTable\"").unwrap();
    let shared = tables.replace("\"]}]}", "\"]}}");
    let threads = threads.trim_end().trim_end_matches(',');
    as_built(&format!("{threads}}}],\"shared\":{{\"stackTable\"{shared}"));
}

#[test]
fn what_is_wrong_with_a_firefox_profile_is_told() {
    for (from, to, expected) in [
        (r#""preprocessedProfileVersion":50"#, r#""version":27"#, "save it from there"),
        ("[null,0,1]", "[null,0,2]", "stack 2 is called by stack 2, which is not in front of it"),
        (r#""stack":[2,1,null]"#, r#""stack":[2,9,null]"#, "sample 1 is of stack 9, which is not there"),
        (r#""func":[0,1,2]"#, r#""func":[0,1,7]"#, "frame 2 of stack 2, or its function, is not there"),
        (r#""stackTable""#, r#""x""#, "a table of the thread busy is missing"),
        (r#""stack":[2,1,null]"#, r#""stack":[]"#, "without samples"),
    ] {
        let told = refusal(FIREFOX.replace(from, to).as_bytes());
        assert!(told.starts_with("a Firefox profile") && told.contains(expected), "{told}");
    }
}

/// Both ways to say the same.
const SPEEDSCOPE: [&str; 2] = [
    r#"{"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{"frames":[{"name":"a","file":"x.c",
    "line":3},{"name":"b"}]},"profiles":[{"type":"sampled","name":"t","unit":"microseconds","startValue":0,
    "endValue":5,"samples":[[0],[0,1],[0]],"weights":[1,2.5,1]}]}"#,
    r#"{"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{"frames":[{"name":"a","file":"x.c",
    "line":3},{"name":"b"}]},"profiles":[{"type":"evented","name":"t","unit":"milliseconds","startValue":1,
    "endValue":5,"events":[{"type":"O","frame":0,"at":1},{"type":"O","frame":1,"at":1.001},
    {"type":"C","frame":1,"at":1.0035},{"type":"C","frame":0,"at":1.0045}]}]}"#,
];

#[test]
fn speedscope_profiles_are_samples_or_events() {
    for text in SPEEDSCOPE {
        assert_eq!(folded(text.as_bytes()), "a 2000\na;b 2500\n");
    }
    let bytes = SPEEDSCOPE[0].replace("microseconds", "bytes");
    let profile = Profile::new(recording(bytes.as_bytes()));
    assert!(!Metric::Time.available_in(&profile));
    assert_eq!(folded_by(&profile, Metric::AllocatedBytes), "a 2\na;b 3\n");
    let none = recording(SPEEDSCOPE[0].replace("microseconds", "none").as_bytes());
    assert_eq!(none.meta.warnings, ["it does not tell what its numbers are: each is shown as a nanosecond"]);
}

#[test]
fn what_is_wrong_with_a_speedscope_profile_is_told() {
    let [samples, events] = SPEEDSCOPE;
    for (text, from, to, expected) in [
        (samples, "[0,1]", "[0,7]", "sample 1 names frame 7, which is not there"),
        (samples, "[1,2.5,1]", "[1,2.5]", "the profile t has 3 samples and 2 weights"),
        (samples, "microseconds", "parsecs", "unknown variant"),
        (
            events,
            r#""C","frame":1"#,
            r#""C","frame":0"#,
            "event 2 leaves frame 0, which is not the innermost",
        ),
        (events, "1.0035", "0.5", "event 2 comes before the one in front of it"),
    ] {
        let told = refusal(text.replace(from, to).as_bytes());
        assert!(told.starts_with("a speedscope profile") && told.contains(expected), "{told}");
    }
}

#[test]
fn folded_stacks_go_through_unchanged() {
    let text = "main 5\nmain;parse 20\nmain;parse;a b 1\nother 4\n";
    assert_eq!(folded(text.as_bytes()), text);
    let inlined = Profile::new(recording(b"main;push_[i];grow_[i] 3\nmain;f 1\n"));
    assert_eq!(folded_by(&inlined, Metric::Time), "main;push;grow 3\nmain;f 1\n");
    let grow = inlined.frames().get(inlined.frames().find("grow").unwrap());
    assert_eq!(grow.kind, FrameKind::Inlined);
    let bad = format!("{}f;g\n", "f;g 1\n".repeat(100));
    assert!(refusal(bad.as_bytes()).contains("line 101 does not end with a number"));
}

/// A message's field of bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    assert!(bytes.len() < 128);
    [&[number << 3 | 2, bytes.len() as u8], bytes].concat()
}

/// `push` inlined into `parse` at 0x1f of a module, and a native function, with values of four kinds.
fn pprof(types: &[(u8, u8)]) -> Vec<u8> {
    let strings: [&[u8]; 12] = [
        b"",
        b"samples",
        b"count",
        b"cpu",
        b"nanoseconds",
        b"alloc_space",
        b"bytes",
        b"push",
        b"parse",
        b"vec.h",
        b"/a/m.wasm",
        b"native",
    ];
    let types = types.iter().flat_map(|(kind, unit)| field(1, &[8, *kind, 16, *unit]));
    let samples = [field(2, &[10, 2, 1, 2, 18, 2, 3, 30]), field(2, &[8, 2, 16, 1, 16, 10])];
    let mapping = field(3, &[8, 1, 16, 0, 24, 0x40, 40, 10]);
    let inlined =
        [&[8, 1, 16, 1, 24, 0x1f][..], &field(4, &[8, 1, 16, 8]), &field(4, &[8, 2, 16, 10])].concat();
    let native = [&[8, 2][..], &field(4, &[8, 3, 16, 1])].concat();
    let functions =
        [field(5, &[8, 1, 16, 7, 32, 9]), field(5, &[8, 2, 16, 8, 32, 9]), field(5, &[8, 3, 16, 11])];
    let strings = strings.iter().flat_map(|string| field(6, string));
    let rest = samples.into_iter().chain([mapping, field(4, &inlined), field(4, &native)]).chain(functions);
    types.chain(rest.flatten()).chain(strings).collect()
}

#[test]
fn pprof_profiles_have_time_and_other_values() {
    let time = pprof(&[(1, 2), (3, 4)]);
    assert_eq!(folded(&time), "native 10\nnative;parse;push 30\n");
    let profile = Profile::new(recording(&time));
    let kind = |name| profile.frames().get(profile.frames().find(name).unwrap()).kind;
    assert!(matches!((kind("native"), kind("parse")), (FrameKind::Host(_), FrameKind::Wasm(_))));
    assert_eq!(kind("push"), FrameKind::Inlined);
    let bytes = Profile::new(recording(&pprof(&[(1, 2), (5, 6)])));
    assert!(!Metric::Time.available_in(&bytes));
    assert_eq!(folded_by(&bytes, Metric::AllocatedBytes), "native 10\nnative;parse;push 30\n");
    let unknown = recording(&pprof(&[(9, 2), (10, 2)]));
    assert_eq!(unknown.samples.weight_nanos, [30, 10]);
    assert!(
        unknown.meta.warnings[0].contains("its numbers are no time but `/a/m.wasm`"),
        "{:?}",
        unknown.meta
    );
    assert_eq!(folded(&gzip(&time)), folded(&time));
    let told = refusal(&time[..time.len() - 3]);
    assert!(told.starts_with("a pprof profile that can't be read: it breaks off"), "{told}");
}

/// Each beginning of each profile, and each with a byte changed, gives a recording, an error or nothing.
#[test]
fn nothing_makes_the_reader_panic() {
    let profiles: [&[u8]; 9] = [
        CHROME.as_bytes(),
        FIREFOX.as_bytes(),
        SPEEDSCOPE[0].as_bytes(),
        SPEEDSCOPE[1].as_bytes(),
        b"a;b 1\n",
        &pprof(&[(1, 2), (3, 4)]),
        include_bytes!("../../../tests/profiles/words.pb.gz"),
        b"{",
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ];
    for profile in profiles {
        for at in 0..profile.len() {
            let _ = import(&profile[..at], "a");
            for byte in [0, b'9', b'"', 0xff] {
                let mut changed = profile.to_vec();
                changed[at] = byte;
                let recording = import(&changed, "a");
                let _ = recording.map(|recording| recording.map(Profile::new));
            }
        }
    }
}

#[test]
fn deep_nesting_is_refused() {
    let deep = |start: &str| refusal(format!("{start}{}", "[".repeat(1 << 20)).as_bytes());
    let trace = deep(r#"{"traceEvents":[{"args":"#);
    assert!(trace.contains("recursion limit exceeded"), "{trace}");
    for start in [r#"{"nodes":"#, r#"{"meta":{"x":"#, r#"{"profiles":[],"shared":"#] {
        assert!(deep(start).ends_with("save it anew from the tool that made it"), "{start}");
    }
}

#[test]
fn what_unpacks_without_end_is_refused() {
    let bomb = gzip(&vec![b' '; 1 << 20]);
    assert!(bomb.len() < 2_000);
    let told = unpacked(&bomb, 1 << 19).unwrap_err().to_string();
    assert!(told.starts_with("compressed data of more than"), "{told}");
    assert_eq!(unpacked(&bomb, MOST_UNPACKED_BYTES).unwrap().len(), 1 << 20);
    let cut = unpacked(&bomb[..bomb.len() / 2], 1 << 20).unwrap_err().to_string();
    assert!(cut.starts_with("compressed data that can't be unpacked beyond byte"), "{cut}");
}

#[test]
fn long_and_hostile_names_are_cut_and_harmless() {
    let name = format!("{}\u{202e}\u{0}</script>é", "x".repeat(16_383));
    let frames = format!(r#""frames":[{{"name":{}}}"#, serde_json::to_string(&name).unwrap());
    let text = SPEEDSCOPE[0].replace(
        r#""frames":[{"name":"a","file":"x.c",
    "line":3}"#,
        &frames,
    );
    let profile = Profile::new(recording(text.as_bytes()));
    let longest = profile.frames().iter().map(|(_, frame)| frame.name.len()).max();
    assert_eq!(longest, Some(16_383));
}

#[test]
fn the_module_makes_real_functions_of_names() {
    let resolved = |text: &str| {
        let outline = ModuleIndex::parse(MAPPED).unwrap();
        resolve(recording(text.as_bytes()), MAPPED.into(), outline)
    };
    let recording = resolved(&CHROME.replace("\"columnNumber\":31", "\"columnNumber\":32")).unwrap();
    let place = StackFrame::Wasm { func: FuncIndex(0), offset: CodeOffset(3) };
    assert!(recording.stacks.frame.contains(&place), "{:?}", recording.stacks);
    let profile = Profile::new(recording);
    assert_eq!(folded_by(&profile, Metric::Time), "main 10000\nmain;run 45000\n(idle) 5000\n");
    assert_eq!((profile.is_stripped(), profile.needs_module()), (true, false));
    // The place of another function, an index that the module does not have, a name that it does not know.
    assert!(resolved(&CHROME.replace("\"columnNumber\":31", "\"columnNumber\":1")).is_none());
    assert!(resolved(&CHROME.replace("function[0]", "function[1]")).is_none());
    assert!(resolved("a;b 1\n").is_none());
    assert!(resolved("a;run 1\n").unwrap().meta.warnings[1].starts_with("1 of the profile's 2 functions"));
}

#[test]
fn what_is_imported_is_written_and_reads_back() {
    for bytes in [CHROME.as_bytes(), FIREFOX.as_bytes(), &pprof(&[(1, 2), (5, 6)])] {
        let recording = recording(bytes);
        let mut file = Vec::new();
        write_imported(&recording, &mut file).unwrap();
        assert_eq!(wasmscope_instrument::recording::read(&file).unwrap(), recording);
    }
}
