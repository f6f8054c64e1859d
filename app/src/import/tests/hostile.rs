//! What is damaged, or made up to take all memory and time: an error or a warning, soon.

use super::*;
use crate::import::{MOST_BYTES, resolve, unpacked};
use crate::pipeline::tests::MAPPED;
use wasmscope_instrument::recording::Foreign;
use wasmscope_symbolize::ModuleIndex;

/// Each beginning of each profile, and each with a byte changed, gives a recording, an error or nothing; so does the
/// module put in. Of large ones some are tried.
#[test]
fn nothing_makes_the_reader_panic() {
    let words = unpacked(include_bytes!("../../../../tests/profiles/words.pb.gz"), MOST_BYTES).unwrap();
    let offsets = FIREFOX.replace(r#""prefix":[null,0,1]"#, r#""prefixOffset":[0,1,1]"#);
    let profiles: [&[u8]; 13] = [
        CHROME.as_bytes(),
        TRACE.as_bytes(),
        FIREFOX.as_bytes(),
        offsets.as_bytes(),
        SPEEDSCOPE[0].as_bytes(),
        SPEEDSCOPE[1].as_bytes(),
        b"a;b 1\na;c_[i] 2\nwasm[0]::function[0]::run 3\n",
        &pprof(&[(1, 2), (3, 4)]),
        &words,
        &gzip(b"a;b 1\n"),
        b"\xdc\xdfJSLB\x01\0",
        b"{",
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ];
    let mut resolved = 0;
    for profile in profiles {
        for at in (0..profile.len()).step_by(profile.len() / 300 + 1) {
            let _ = import(&profile[..at], "a");
            for byte in [0, b'9', b'"', 0xff] {
                let mut changed = profile.to_vec();
                changed[at] = byte;
                if let Ok(Some(recording)) = import(&changed, "a") {
                    let outline = ModuleIndex::parse(MAPPED).unwrap();
                    resolved += usize::from(resolve(recording.clone(), MAPPED.into(), outline).is_ok());
                    let _ = Profile::new(recording);
                }
            }
        }
    }
    assert!(resolved > 200, "{resolved}");
}

#[test]
fn deep_nesting_is_refused() {
    let deep = |start: &str| refusal(format!("{start}{}", "[".repeat(1 << 20)).as_bytes());
    for start in [
        r#"{"traceEvents":[{"args":"#,
        r#"{"traceEvents":[{"args":{"data":{"cpuProfile":"#,
        r#"{"nodes":"#,
        r#"{"meta":{"x":"#,
        r#"{"profiles":[],"shared":"#,
    ] {
        assert!(deep(start).ends_with("save it anew from the tool that made it"), "{start}");
    }
}

/// What is kept until it is known what to do with it is nested 127 deep at most; what is passed over is never kept.
#[test]
fn what_is_not_asked_for_is_passed_over() {
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let firefox = FIREFOX.replace(r#""markers":{"length":0}"#, &format!(r#""markers":{deep}"#));
    assert_eq!(folded(firefox.as_bytes()), folded(FIREFOX.as_bytes()));
    let wrapped = format!(r#""stringTable":{{"x":{deep},"_array":["#);
    let wrapped = FIREFOX.replace(r#""stringArray":["#, &wrapped).replace("\"]}]}", "\"]}}]}");
    assert_eq!(folded(wrapped.as_bytes()), folded(FIREFOX.as_bytes()));
    for other in
        [r#"{"args":X}"#, r#"{"args":{"data":X}}"#, r#"{"args":{"data":{"lines":X}}}"#, r#"{"id":X}"#]
    {
        let trace = TRACE.replacen('[', &format!("[{},", other.replace('X', &deep)), 1);
        let trace = format!(r#"{{"traceEvents":{trace}}}"#);
        assert_eq!(folded(trace.as_bytes()), folded(TRACE.as_bytes()), "{other}");
    }
}

#[test]
fn what_unpacks_without_end_is_refused() {
    let bomb = gzip(&vec![b' '; 1 << 20]);
    assert!(bomb.len() < 2_000);
    let told = unpacked(&bomb, 1 << 19).unwrap_err().to_string();
    assert_eq!(told, "a file with more than 0 MiB in it; record the program for a shorter time");
    assert_eq!(unpacked(&bomb, MOST_BYTES).unwrap().len(), 1 << 20);
    let cut = unpacked(&bomb[..bomb.len() / 2], 1 << 20).unwrap_err().to_string();
    assert!(cut.starts_with("compressed data that can't be unpacked beyond byte"), "{cut}");
}

#[test]
fn what_is_packed_and_no_profile_is_told_so() {
    let told = refusal(&gzip(b"hello"));
    assert_eq!(told, "compressed data with no profile of a kind that is known in it");
    // Modules are asked to be unpacked first.
    assert!(import(&gzip(MAPPED), "a").unwrap().is_none());
}

#[test]
fn long_and_hostile_names_are_cut_and_harmless() {
    let named = |name: &str| {
        let frames = format!(r#""frames":[{{"name":{}}}"#, serde_json::to_string(name).unwrap());
        let text =
            SPEEDSCOPE[0].replace("\"frames\":[{\"name\":\"a\",\"file\":\"x.c\",\n    \"line\":3}", &frames);
        Profile::new(recording(text.as_bytes()))
    };
    let cut = named(&format!("{}é", "x".repeat(16_383)));
    let longest = cut.frames().iter().map(|(_, frame)| frame.name.len()).max();
    assert_eq!(longest, Some(16_383));
    let page = |profile: &Profile| {
        let query = CallTreeQuery { metric: Metric::Time, ..CallTreeQuery::default() };
        String::from_utf8(export(profile, &query, Format::Html)).unwrap()
    };
    let hostile = named("\u{202e}\u{0}</script><b>é");
    assert!(hostile.frames().iter().any(|(_, frame)| frame.name.contains("</script><b>é")));
    let page_of_hostile = page(&hostile);
    assert!(!page_of_hostile.contains(['\0', '\u{202e}']) && !page_of_hostile.contains("<b>"));
    let ends = |page: &str| page.matches("</script>").count();
    assert_eq!(ends(&page_of_hostile), ends(&page(&named("harmless"))));
}

/// `deep` functions inlined into each other, as a line of folded stacks and as what the result has.
#[test]
fn what_is_inlined_without_end_is_cut_with_a_warning() {
    let line = format!("main{} 7\n", (0..20_000).map(|at| format!(";f{at}_[i]")).collect::<String>());
    let recording = recording(line.as_bytes());
    let foreign = Foreign::of(&recording).unwrap();
    assert_eq!(foreign.places.len(), 1 + Foreign::MOST_INLINED as usize);
    assert!(recording.meta.warnings[1].contains("more than 256 deep"), "{:?}", recording.meta.warnings);
    let path = folded_by(&Profile::new(recording), Metric::Time);
    assert!(path.ends_with(";f255 7\n") && path.matches(';').count() == 256, "{path}");
}

/// A location with many lines, which a sample names many times.
#[test]
fn what_makes_billions_of_paths_is_refused() {
    let lines: Vec<u8> = field(4, &[8, 1]).repeat(300);
    let mut location = vec![4 << 3 | 2];
    length(&mut location, lines.len() + 2);
    location.extend([&[8, 1], &lines[..]].concat());
    let names = vec![1; 1 << 17];
    let mut sample = vec![10];
    length(&mut sample, names.len());
    sample.extend(names);
    sample.extend([16, 1]);
    let mut packed_sample = vec![2 << 3 | 2];
    length(&mut packed_sample, sample.len());
    packed_sample.extend(sample);
    let strings = [field(6, b""), field(6, b"cpu"), field(6, b"ns")].concat();
    let told = refusal(&[field(1, &[8, 1, 16, 2]), packed_sample, location, strings].concat());
    assert!(told.contains("more functions, stacks or samples than can be shown"), "{told}");
}

/// As protocol buffers have it.
fn length(bytes: &mut Vec<u8>, mut length: usize) {
    while length >= 128 {
        bytes.push(length as u8 | 128);
        length >>= 7;
    }
    bytes.push(length as u8);
}

/// Many functions of one name that is long.
#[test]
fn names_that_are_told_once_and_used_often_are_limited() {
    let lines: Vec<String> = (0..20_000).map(|line: u32| line.to_string()).collect();
    let rows = |value: &str| vec![value; lines.len()].join(",");
    let numbers = lines.join(",");
    let text = format!(
        r#"{{"meta":{{"preprocessedProfileVersion":70}},"threads":[{{"samples":{{"stack":[0]}}}}],"shared":{{
        "stackTable":{{"prefixOffset":[{zeros}],"frame":[{numbers}]}},"frameTable":{{"func":[{numbers}]}},
        "funcTable":{{"name":[{zeros}],"fileName":[{ones}],"lineNumber":[{numbers}]}},
        "stringArray":["{name}","a.c"]}}}}"#,
        zeros = rows("0"),
        ones = rows("1"),
        name = "x".repeat(1 << 14),
    );
    assert!(refusal(text.as_bytes()).contains("more functions, stacks or samples than can be shown"));
}

/// Each thread asks of the functions of one table only those that it ran, and each is asked once.
#[test]
fn threads_that_share_a_table_are_told_apart_soon() {
    let rows = 100_000;
    let numbers: Vec<String> = (0..rows).map(|row| row.to_string()).collect();
    let numbers = numbers.join(",");
    let zeros = vec!["0"; rows].join(",");
    let threads = vec![r#"{"name":"t","samples":{"stack":[0,1]}}"#; 4_000].join(",");
    let text = format!(
        r#"{{"meta":{{"preprocessedProfileVersion":70}},"threads":[{threads}],"shared":{{
        "stackTable":{{"prefixOffset":[{zeros}],"frame":[{numbers}]}},"frameTable":{{"func":[{zeros}]}},
        "funcTable":{{"name":[{zeros}]}},"stringArray":["f"]}}}}"#,
    );
    let start = std::time::Instant::now();
    assert_eq!(recording(text.as_bytes()).samples.len(), 2);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    let more = text.replace(
        "\"threads\":[",
        &format!("\"threads\":[{},", vec!["{\"samples\":{\"stack\":[]}}"; 97].join(",")),
    );
    assert!(refusal(more.as_bytes()).contains("expected a list of at most 4096"));
}
