//! Small profiles of each format, whole, damaged and hostile; the folded text that comes of them tells what was read.

use super::import;
use crate::analysis::{CallTreeQuery, Metric};
use crate::export::{Format, export};
use crate::profile::{FrameKind, Profile, ProfileBuilder};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::BTreeMap;
use std::io::Write;
use wasmscope_instrument::recording::{Recording, write_imported};

mod hostile;
mod modules;

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
    // Where it is declared is not where it was.
    assert_eq!(lines_of(&profile), ["? 60000"]);
}

/// The time at each line, the sources' names aside.
fn lines_of(profile: &Profile) -> Vec<String> {
    let mut of_line: BTreeMap<String, u64> = BTreeMap::new();
    let samples = &profile.recording().samples;
    for (stack, nanos) in samples.stack.iter().zip(&samples.weight_nanos) {
        let line = profile.lines().get(profile.paths().line(profile.stack_path(*stack)));
        let at = line.map_or("?".to_owned(), |line| line.line.to_string());
        *of_line.entry(at).or_default() += nanos;
    }
    of_line.into_iter().map(|(line, nanos)| format!("{line} {nanos}")).collect()
}

#[test]
fn chrome_profiles_tell_at_which_lines_nodes_were() {
    let ticks =
        CHROME.replace(r#""children":[3]}"#, r#""children":[3],"positionTicks":[{"line":9,"ticks":2}]}"#);
    let ticks = ticks.replace("[2,3,4,3]", "[2,2,2,3]");
    assert_eq!(lines_of(&Profile::new(recording(ticks.as_bytes()))), ["9 30000", "? 30000"]);
    let hits = ticks
        .replace(r#""samples":[2,2,2,3],"#, "")
        .replace(r#""positionTicks""#, r#""hitCount":5,"positionTicks""#);
    assert_eq!(lines_of(&Profile::new(recording(hits.as_bytes()))), ["9 40000", "? 60000"]);
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

/// One piece; its arguments come before its name, as in all that Chrome writes.
const TRACE: &str = r#"[{"args":{"data":{"timeDeltas":[4,5],"lines":"none","cpuProfile":7}},"ph":"X","ts":1},
    {"args":{"data":{"cpuProfile":{"nodes":[{"id":1,"callFrame":{"functionName":"(root)"}},
    {"id":2,"parent":1,"callFrame":{"functionName":"run","codeType":"wasm","columnNumber":32}},
    {"id":3,"parent":2,"callFrame":{"functionName":"f","codeType":"JS","url":"a.js"}}],"samples":[2,3,3]},
    "lines":[0,4,5],"timeDeltas":[1,2,3]}},"id":"0x1","name":"ProfileChunk","ph":"P","pid":1},
    {"args":{"data":{"endTime":9}},"id":"0x1","name":"ProfileChunk","ph":"P","pid":1}]"#;

#[test]
fn chrome_traces_tell_lines_and_what_is_webassembly() {
    let profile = Profile::new(recording(TRACE.as_bytes()));
    assert_eq!(folded_by(&profile, Metric::Time), "run 1000\nrun;f 5000\n");
    assert_eq!(lines_of(&profile), ["4 2000", "5 3000", "? 1000"]);
    let kind = |name| profile.frames().get(profile.frames().find(name).unwrap()).kind;
    assert!(matches!((kind("run"), kind("f")), (FrameKind::Wasm(_), FrameKind::Host(_))));
}

#[test]
fn what_is_wrong_with_a_chrome_trace_is_told() {
    for (from, to, expected) in [
        ("[1,2,3]", "[1,2]", "event 1: it has 3 samples, 2 times and 3 lines"),
        ("[0,4,5]", "[0,4]", "event 1: it has 3 samples, 3 times and 2 lines"),
        ("[1,2,3]", "[1,2,{}]", "event 1: its timeDeltas are no numbers"),
        (r#"{"data":{"cpuProfile":{"#, r#"{"data":[],"x":{"cpuProfile":{"#, "event 1: it has no data"),
        (r#""samples":[2,3,3]"#, r#""samples":"2,3,3""#, "invalid type"),
    ] {
        let told = refusal(TRACE.replace(from, to).as_bytes());
        assert!(told.starts_with("a Chrome performance trace") && told.contains(expected), "{told}");
    }
    let none = refusal(TRACE.replace("ProfileChunk", "RunTask").as_bytes());
    assert!(none.starts_with("a Chrome performance trace without a CPU profile; record it with"), "{none}");
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
    let shared = format!("{threads}}}],\"shared\":{{\"stackTable\"{shared}");
    as_built(&shared);
    // Since version 66 callers are so many rows before.
    let offsets = shared.replace(r#""prefix":[null,0,1]"#, r#""prefixOffset":[0,1,1]"#);
    as_built(&offsets.replace(":50}", ":70}"));
    let newer = recording(offsets.replace(":50}", ":71}").as_bytes()).meta.warnings;
    assert!(newer[0].starts_with("it is of version 71, and 70 is the newest that is known"), "{newer:?}");
}

/// Libraries are told for functions, by resources, or since version 70 for frames.
#[test]
fn firefox_profiles_tell_which_library_is_a_module() {
    let kinds = |text: &str| {
        let profile = Profile::new(recording(text.as_bytes()));
        ["main", "parse"].map(|name| {
            let kind = profile.frames().get(profile.frames().find(name).unwrap()).kind;
            matches!(kind, FrameKind::Wasm(_))
        })
    };
    let text = FIREFOX.replace(r#""libs":[],"#, r#""libs":[{"name":"libc.so"},{"name":"a.wasm"}],"#);
    let by_resource = text.replace(
        r#""resource":[-1,-1,-1]},"#,
        r#""resource":[0,1,1]},"resourceTable":{"lib":[0,1],"name":[0,0]},"#,
    );
    assert_eq!(kinds(&by_resource), [false, true]);
    let by_frame = text.replace(r#""address":[-1,-1,-1]"#, r#""lib":[-1,1,1]"#);
    assert_eq!(kinds(&by_frame), [false, true]);
}

#[test]
fn times_of_firefox_begin_with_the_profiler() {
    let times = |text: &str| {
        let recording = recording(text.as_bytes());
        (recording.samples.time_nanos, recording.meta.created_unix_millis)
    };
    let later = FIREFOX.replace(r#""time":[1,3,5]"#, r#""time":[7001,7003,7005]"#);
    assert_eq!(times(&later), (vec![2_000_000, 4_000_000], 7_004));
    let told = later.replace(r#""meta":{"#, r#""meta":{"profilingStartTime":7000,"#);
    assert_eq!(times(&told), (vec![1_000_000, 3_000_000], 7_005));
}

#[test]
fn weights_of_firefox_are_what_they_are_said_to_be() {
    let weighted = |kind: &str| {
        let weights = format!(r#""weight":[30,4,1],"weightType":"{kind}""#);
        let text = FIREFOX.replace(r#""weight":null,"weightType":"samples""#, &weights);
        Profile::new(recording(text.as_bytes()))
    };
    let bytes = weighted("bytes");
    assert!(!Metric::Time.available_in(&bytes));
    assert_eq!(folded_by(&bytes, Metric::AllocatedBytes), "main;parse 4\nmain;parse;push 30\n");
    let time = |millis: [u64; 2]| {
        format!("main;parse {}\nmain;parse;push {}\n", millis[0] * 1_000_000, millis[1] * 1_000_000)
    };
    assert_eq!(folded_by(&weighted("tracing-ms"), Metric::Time), time([4, 30]));
    let other = weighted("cycles");
    assert_eq!(folded_by(&other, Metric::Time), time([8, 60]));
    let warnings = &other.recording().meta.warnings;
    assert!(warnings.iter().any(|said| said.contains("no time but `cycles`")), "{warnings:?}");
}

#[test]
fn what_is_wrong_with_a_firefox_profile_is_told() {
    for (from, to, expected) in [
        (r#""preprocessedProfileVersion":50"#, r#""version":27"#, "save it from there"),
        ("[null,0,1]", "[null,0,2]", "stack 2 is called by stack 2, which is not in front of it"),
        (r#""stack":[2,1,null]"#, r#""stack":[2,9,null]"#, "sample 1 is of stack 9, which is not there"),
        (r#""func":[0,1,2]"#, r#""func":[0,1,7]"#, "frame 2 of stack 2, or its function, is not there"),
        (r#""prefix":[null,0,1]"#, r#""prefixOffset":[0,1,3]"#, "stack 2 is called by stack -1"),
        (r#""prefix":[null,0,1],"#, "", "its stacks do not tell what calls them"),
        (r#""stackTable""#, r#""x""#, "a table of the thread busy is missing"),
        (r#""stack":[2,1,null]"#, r#""stack":[]"#, "without samples"),
    ] {
        let told = refusal(FIREFOX.replace(from, to).as_bytes());
        assert!(told.starts_with("a Firefox profile") && told.contains(expected), "{told}");
    }
    let newer = FIREFOX.replace(r#"Version":50"#, r#"Version":71"#).replace(r#""frame":["#, r#""frames":["#);
    let told = refusal(newer.as_bytes());
    assert!(told.contains("of version 71 that can't be read: 70 is the newest that is known"), "{told}");
    let binary = b"\xdc\xdfJSLB\x01\0\x01\0\0\0";
    for binary in [binary.to_vec(), gzip(binary)] {
        assert!(refusal(&binary).contains("save it as JSON from the Firefox Profiler"));
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
fn what_speedscope_never_saw_returning_ran_until_the_end() {
    let open = SPEEDSCOPE[1].replace(r#",{"type":"C","frame":0,"at":1.0045}"#, "");
    let open = open.replace("\n    \"endValue\":5", "\"endValue\":1.0085");
    assert_eq!(folded(open.as_bytes()), "a 6000\na;b 2500\n");
    let warnings = recording(open.as_bytes()).meta.warnings;
    assert!(warnings[0].starts_with("the profile t does not tell when 1 function returned"), "{warnings:?}");
}

#[test]
fn folded_stacks_go_through_unchanged() {
    let text = "main 5\nmain;parse 20\nmain;parse;a b 1\nother 4\n";
    assert_eq!(folded(text.as_bytes()), text);
    let inlined = Profile::new(recording(b"main;push_[i];grow_[i] 3\nmain;f 1\n"));
    assert_eq!(folded_by(&inlined, Metric::Time), "main;push;grow 3\nmain;f 1\n");
    let grow = inlined.frames().get(inlined.frames().find("grow").unwrap());
    assert_eq!(grow.kind, FrameKind::Inlined);
    let halves = Profile::new(recording(b"a;b 0.5\na;c 0.4\na;b 0.5\na;c 0.4\na;d 0.2\n"));
    assert_eq!(halves.recording().samples.weight_nanos.iter().sum::<u64>(), 2);
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
    // Go writes the time or the kind of period first.
    for first in [&b"\x48\x01"[..], b"\x5a\x04\x08\x03\x10\x04", b"\x6a\x01\x02"] {
        assert_eq!(folded(&[first, &time].concat()), folded(&time));
    }
    for other in [&b"\x80\x01\x01"[..], b"\x4a\x01\x01", b"\x30\x01", b"\x0a\x02hi", b"\x32\x02hi"] {
        assert!(import(&[other, &time].concat(), "a").unwrap().is_none(), "{other:?}");
    }
    let told = refusal(&time[..time.len() - 3]);
    assert!(told.starts_with("a pprof profile that can't be read: it breaks off"), "{told}");
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
