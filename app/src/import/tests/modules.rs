//! The module of an imported profile: which functions are found in it, and which are not.

use super::*;
use crate::import::{ImportError, Mismatch, resolve};
use crate::pipeline::tests::MAPPED;
use wasmscope_instrument::recording::{Foreign, StackFrame};
use wasmscope_symbolize::{CodeOffset, FileOffset, FuncIndex, ModuleIndex};

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
    let misplaced = CHROME.replace("\"columnNumber\":31", "\"columnNumber\":1");
    let missing = CHROME.replace("function[0]", "function[1]");
    for text in [misplaced, missing] {
        assert_eq!(resolved(&text).unwrap_err(), Mismatch { found: 0, all: 1 });
    }
    assert_eq!(resolved("a;b 1\n").unwrap_err(), Mismatch { found: 0, all: 2 });
    assert!(resolved("a;run 1\n").unwrap().meta.warnings[1].starts_with("1 of the profile's 2 functions"));
}

/// An import, `run`, `spin`, two functions `twin`, and one without a name.
fn module() -> Vec<u8> {
    let text = r#"(module (func (import "host" "f")) (func $run nop) (func $spin nop)
        (func $a (@name "twin") nop) (func $b (@name "twin") nop) (func nop))"#;
    wat::parse_str(text).unwrap()
}

/// Where the body of a function begins, in bytes from the module's beginning.
fn body_at(func: u32) -> u64 {
    let outline = ModuleIndex::parse(&module()).unwrap();
    let body = outline.function(FuncIndex(func)).unwrap().body.clone().unwrap();
    (0..1 << 10).find(|at| outline.code_offset(FileOffset(*at)) == Some(body.start)).unwrap()
}

fn resolved(recording: Recording) -> Result<Recording, Mismatch> {
    let module = module();
    let outline = ModuleIndex::parse(&module).unwrap();
    resolve(recording, module.into(), outline)
}

/// The functions of the module that the stacks are in, by row.
fn functions(recording: &Recording) -> Vec<Option<u32>> {
    let first = Foreign::of(recording).unwrap().first;
    let func = |frame: &StackFrame| match frame {
        StackFrame::Wasm { func, .. } => Some(func.0).filter(|func| *func < first),
        _ => None,
    };
    recording.stacks.frame.iter().map(func).collect()
}

#[test]
fn functions_of_one_name_are_told_apart_by_where_they_begin() {
    let (a, b) = (body_at(3), body_at(4));
    let text = format!(
        r#"{{"nodes":[{{"id":1,"callFrame":{{"functionName":"twin","url":"wasm://wasm/1","columnNumber":{a}}},
        "children":[2]}},
        {{"id":2,"callFrame":{{"functionName":"twin","url":"wasm://wasm/1","columnNumber":{b}}}}}],
        "samples":[1,2],"timeDeltas":[1,2]}}"#
    );
    let chrome = recording(text.as_bytes());
    assert_eq!(Foreign::of(&chrome).unwrap().functions.len(), 2);
    assert_eq!(functions(&resolved(chrome).unwrap()), [Some(3), Some(4)]);
    let labelled = |file: &str| {
        FIREFOX
            .replace(r#""inlineDepth":[0,0,1],"line":[3,10,8],"#, "")
            .replace(r#""name":[0,1,2],"fileName":[3,3,4]"#, r#""name":[0,1,1],"fileName":[4,3,3]"#)
            .replace(r#""lineNumber":[1,9,null]"#, &format!(r#""lineNumber":[1,{a},{b}]"#))
            .replace(r#""app.c""#, &format!(r#""{file}""#))
            .replace(r#""parse""#, r#""twin""#)
    };
    for file in ["https://a.b/x.js line 12 > WebAssembly.instantiate", "https://a.b/m.wasm"] {
        let firefox = resolved(recording(labelled(file).as_bytes())).unwrap();
        assert_eq!(functions(&firefox), [None, Some(3), Some(4)], "{file}");
    }
}

/// pprof names both `twin` as one function.
#[test]
fn one_name_at_two_places_is_two_functions() {
    let recording = recording(&located(&[("twin", body_at(3)), ("twin", body_at(4)), ("twin", body_at(1))]));
    let resolved = resolved(recording).unwrap();
    // The last is at a place of a function with another name.
    assert_eq!(functions(&resolved), [Some(3), Some(4), None]);
}

/// A profile in pprof's format: a sample at each address of a module, with the functions that are inlined there,
/// innermost first, and the one that they are inlined into.
fn located(places: &[(&str, u64)]) -> Vec<u8> {
    let mut strings = vec!["", "cpu", "ns", "m.wasm"];
    let mut profile = [field(1, &[8, 1, 16, 2]), field(3, &[8, 1, 40, 3])].concat();
    for (id, (names, at)) in (1..).zip(places) {
        assert!(*at < 128);
        let mut location = vec![8, id, 16, 1, 24, *at as u8];
        for name in names.split(';') {
            let known = strings.iter().position(|string| *string == name);
            let row = known.unwrap_or(strings.len()) as u8;
            if known.is_none() {
                strings.push(name);
                profile.extend(field(5, &[8, row, 16, row]));
            }
            location.extend(field(4, &[8, row]));
        }
        profile.extend([field(4, &location), field(2, &[8, id, 16, 1])].concat());
    }
    let strings = strings.iter().flat_map(|string| field(6, string.as_bytes()));
    profile.into_iter().chain(strings).collect()
}

#[test]
fn what_is_inlined_is_not_missed() {
    let inlined = recording(&located(&[("one;two;three;run", body_at(1)), ("four;spin", body_at(2))]));
    let resolved = resolved(inlined).unwrap();
    assert_eq!(functions(&resolved), [Some(1), Some(2)]);
    assert!(!resolved.meta.warnings.iter().any(|said| said.contains("not found")), "{:?}", resolved.meta);
}

#[test]
fn how_many_of_the_functions_are_there_is_told() {
    let few = recording(b"run;other;another 1\n");
    assert_eq!(resolved(few).unwrap_err(), Mismatch { found: 1, all: 3 });
    let error = ImportError::OtherModule { found: 1, all: 3 }.to_string();
    assert_eq!(error, "only 1 of the 3 functions of the profile are in this module; name the one that ran");
}

#[test]
fn names_of_wasmtime_are_indices() {
    let text = "wasm[0]::function[1]::run;wasm[0]::function[5];wasm[0]::function[2]::sp?n 3\n";
    assert_eq!(folded(text.as_bytes()), "run;wasm-function[5];sp?n 3\n");
    assert_eq!(functions(&resolved(recording(text.as_bytes())).unwrap()), [Some(1), Some(5), Some(2)]);
    // A function of another name is of another module.
    assert!(resolved(recording(b"wasm[0]::function[1]::spin;x 3\n")).is_err());
}

#[test]
fn names_alone_are_looked_for_too() {
    let text = "main (a.js);wasm-function[1];spin;twin 3\n";
    let plain = Profile::new(recording(text.as_bytes()));
    let spin = plain.frames().get(plain.frames().find("spin").unwrap());
    assert!(matches!(spin.kind, FrameKind::Host(_)), "{spin:?}");
    // Of two functions of one name nobody can tell which it is.
    let resolved = resolved(recording(text.as_bytes())).unwrap();
    assert_eq!(functions(&resolved), [None, Some(1), Some(2), None]);
}
