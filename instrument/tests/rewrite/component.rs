//! Components: their core modules get the probes, and they stay valid.

use crate::corpus::files;
use crate::guest::validate;
use wasm_encoder::Encode;
use wasmparser::{Parser, Payload};
use wasmscope_instrument::probes::EVENTS_EXPORT;
use wasmscope_instrument::{MeasureSet, RewriteError, instrument_component, is_component};

/// A component with a core module, and another component inside that has one.
const NESTED: &str = r#"(component
    (core module $m (memory (export "memory") 1) (func (export "grow") (result i32) (memory.grow (i32.const 1))))
    (core instance $i (instantiate $m))
    (func (export "grow") (result u32) (canon lift (core func $i "grow")))
    (component $inner
      (core module $quiet (func (export "f")))
      (core module $m (memory 1) (func $malloc (export "malloc") (param i32) (result i32) (i32.const 8)))
      (core instance $i (instantiate $m))
      (func (export "malloc") (param "size" u32) (result u32) (canon lift (core func $i "malloc"))))
    (instance (instantiate $inner)))"#;

/// The core modules of a component, and the bytes around them.
fn parts(wasm: &[u8]) -> (Vec<&[u8]>, usize) {
    let ranges = Parser::new(0).parse_all(wasm).filter_map(|payload| match payload.unwrap() {
        Payload::ModuleSection { unchecked_range, .. } => Some(unchecked_range),
        _ => None,
    });
    let modules: Vec<_> = ranges.map(|range| &wasm[range]).collect();
    let inside: usize = modules.iter().map(|module| module.len()).sum();
    (modules, wasm.len() - inside)
}

fn is_rewritten(module: &[u8]) -> bool {
    let index = wasmscope_symbolize::ModuleIndex::parse(module).unwrap();
    index.exports().iter().any(|export| &*export.name == EVENTS_EXPORT)
}

#[test]
fn core_modules_are_rewritten_at_each_level() {
    let bytes = wat::parse_str(NESTED).unwrap();
    assert!(is_component(&bytes));
    let instrumented = instrument_component(&bytes, MeasureSet::default(), &[]).unwrap();
    validate(&instrumented.wasm);
    let (modules, _) = parts(&instrumented.wasm);
    assert_eq!(modules.iter().map(|module| is_rewritten(module)).collect::<Vec<_>>(), [true, false, true]);
    let (originals, _) = parts(&bytes);
    for ((module, original), rewritten) in instrumented.modules.iter().zip(&originals).zip(&modules) {
        let range = module.range.start.0 as usize..module.range.end.0 as usize;
        assert_eq!(&bytes[range], *original);
        let instrumented = module.instrumented.as_ref().unwrap();
        assert_eq!(instrumented.wasm, *rewritten);
        // One of them has allocators: that the others have none is nothing to be told.
        assert_eq!(instrumented.warnings, [""; 0]);
    }
}

#[test]
fn without_anything_to_measure_nothing_changes() {
    let bytes = wat::parse_str(NESTED).unwrap();
    assert_eq!(instrument_component(&bytes, MeasureSet::NONE, &[]).unwrap().wasm, bytes);
}

#[test]
fn a_core_module_that_has_probes_already_stays() {
    let bytes = wat::parse_str(NESTED).unwrap();
    let once = instrument_component(&bytes, MeasureSet::default(), &[]).unwrap();
    let twice = instrument_component(&once.wasm, MeasureSet::default(), &[]).unwrap();
    assert_eq!(twice.wasm, once.wasm);
    let first = twice.modules[0].instrumented.as_ref().unwrap_err();
    assert!(matches!(first, RewriteError::AlreadyInstrumented { .. }), "{first}");
}

#[test]
fn what_is_no_valid_component_is_refused() {
    let bytes = wat::parse_str(NESTED).unwrap();
    for end in [9, bytes.len() / 2, bytes.len() - 1] {
        let refused = instrument_component(&bytes[..end], MeasureSet::default(), &[]).unwrap_err();
        assert!(matches!(refused, RewriteError::Invalid { .. }), "{refused}");
    }
}

#[test]
fn components_nested_without_end_are_refused() {
    const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";
    let nested = |inner: Vec<u8>, _| {
        let mut outer = [HEADER, &[4]].concat();
        inner.as_slice().encode(&mut outer);
        outer
    };
    let bytes = (0..150).fold(HEADER.to_vec(), nested);
    let refused = instrument_component(&bytes, MeasureSet::default(), &[]).unwrap_err();
    assert!(matches!(refused, RewriteError::Limit { limit: 100, .. }), "{refused}");
}

#[test]
fn real_components_stay_valid() {
    for path in files() {
        let bytes = std::fs::read(&path).unwrap();
        if !is_component(&bytes) {
            continue;
        }
        let instrumented = instrument_component(&bytes, MeasureSet::default(), &[]).unwrap();
        validate(&instrumented.wasm);
        let rewritten = instrumented.modules.iter().filter(|module| module.instrumented.is_ok()).count();
        assert_eq!(rewritten, instrumented.modules.len());
        let (modules, _) = parts(&instrumented.wasm);
        let probed = modules.iter().filter(|module| is_rewritten(module)).count();
        eprintln!(
            "{}: {} core modules, {probed} with probes, {} to {} bytes",
            path.file_name().unwrap().to_string_lossy(),
            modules.len(),
            bytes.len(),
            instrumented.wasm.len()
        );
    }
}
