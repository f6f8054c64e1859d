//! A program that AssemblyScript's own compiler made, in the folder of the same name with its source.

use crate::common::{invoke, returned, run, trapped};
use wasmscope_instrument::recording::Outcome;
use wasmscope_instrument::{Guest, Value};

fn program() -> Guest {
    let bytes: &[u8] = include_bytes!("assemblyscript/program.wasm");
    Guest { bytes: bytes.into(), name: "program.wasm".into(), path: String::new() }
}

#[test]
fn what_its_library_imports_is_there() {
    let (recording, printed) = run(&program(), &invoke("greet", &[Value::I32(7)]));
    assert_eq!(printed, "trace: rolled 1.5 7\nhéllo 𝄞 7\ndone\n");
    assert_eq!(returned(&recording), ["1028"]);
}

#[test]
fn numbers_by_chance_are_sorted() {
    let (recording, _) = run(&program(), &invoke("sort", &[Value::I32(5_000)]));
    assert_eq!(returned(&recording), ["5000"]);
    let seeded = recording.crossings.functions.iter().any(|row| row.func.0 == 2 && row.calls == 1);
    assert!(seeded, "{:?}", recording.crossings.functions);
}

#[test]
fn a_failed_assertion_tells_its_place() {
    let (recording, _) = run(&program(), &invoke("fail", &[Value::I32(10)]));
    assert_eq!(trapped(&recording), "abort: too many in program.ts:23:3");
    let Outcome::Trapped { frames, .. } = &recording.outcome else { panic!("{:?}", recording.outcome) };
    assert!(!frames.is_empty());
}
