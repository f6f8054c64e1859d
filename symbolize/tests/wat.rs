//! The text of functions: what it says, and that another printer says the same.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

mod common;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use wasmscope_symbolize::{CodeOffset, FuncIndex, ModuleIndex, Symbols, Warning, WatError, WatLine};

fn symbols(bytes: &[u8]) -> Symbols {
    let module = ModuleIndex::parse(bytes).unwrap();
    Symbols::new(bytes.into(), Arc::new(module))
}

fn from_text(text: &str) -> Symbols {
    symbols(&wat::parse_str(text).unwrap())
}

/// Lines as people see them.
fn shown(lines: &[WatLine]) -> String {
    lines.iter().map(|line| format!("{}{}\n", "  ".repeat(line.depth as usize), line.text)).collect()
}

#[test]
fn everything_has_its_name() {
    let symbols = from_text(
        r#"(module
            (type $pair (struct (field $left i32) (field i64)))
            (type $binary (func (param i32 i32) (result i32)))
            (import "env" "log" (func (param i32)))
            (memory $heap 1) (memory $other 1)
            (table $jumps 2 funcref)
            (global $count (mut i32) (i32.const 0))
            (tag $error (param i32))
            (data $text "hello")
            (func $"operator new" (param $size i32) (param i64 f32) (result i32)
                (local i32 i64) (local $p (ref null $pair))
                block $done (result i32)
                    loop
                        local.get $size
                        br_if 0
                        local.get 3
                        br 1
                    end
                    unreachable
                end
                call 0
                i32.const 16
                i32.load offset=8 align=2
                global.set $count
                i32.const 0
                i32.load8_u $other
                drop
                local.get $p
                struct.get $pair $left
                i32.const 1
                i32.const 0
                call_indirect $jumps (type $binary)
                f32.const 0.1
                drop
                i32.const 1 i32.const 2 i32.const 3
                memory.init $text
                if (result i32) i32.const -1 else i32.const 2 throw $error end))"#,
    );
    let lines = symbols.disassemble(FuncIndex(1)).unwrap();
    let expected = r#"(func $"operator new" (;1;) (param $size i32) (param i64 f32) (result i32)
  (local i32 i64) (local $p (ref null $pair))
  block $done (result i32)
    loop ;; label = @2
      local.get $size
      br_if 0 (;@2;)
      local.get 3
      br $done
    end
    unreachable
  end
  call 0 (; env.log ;)
  i32.const 16
  i32.load offset=8 align=2
  global.set $count
  i32.const 0
  i32.load8_u $other
  drop
  local.get $p
  struct.get $pair $left
  i32.const 1
  i32.const 0
  call_indirect (type $binary)
  f32.const 0.1
  drop
  i32.const 1
  i32.const 2
  i32.const 3
  memory.init $text
  if (result i32) ;; label = @1
    i32.const -1
  else
    i32.const 2
    throw $error
  end
)
"#;
    assert_eq!(shown(&lines), expected);
    assert!(symbols.warnings().is_empty());
    assert!(lines[..2].iter().all(|line| line.offset.is_none()));
    let offsets: Vec<_> = lines[2..].iter().map(|line| line.offset.unwrap()).collect();
    assert!(offsets.is_sorted() && offsets.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn a_label_hidden_by_another_is_told_by_its_number() {
    let symbols = from_text("(module (func block $a block $a br 0 br 1 end br $a end))");
    let text = shown(&symbols.disassemble(FuncIndex(0)).unwrap());
    let branches: Vec<_> = text.lines().map(str::trim).filter(|line| line.starts_with("br")).collect();
    assert_eq!(branches, ["br $a", "br 1 (;@1;)", "br $a"]);
}

#[test]
fn mangled_names_are_explained() {
    let symbols = from_text("(module (func $_ZN5shape4areaEi (param i32)) (func i32.const 0 call 0))");
    let text = shown(&symbols.disassemble(FuncIndex(1)).unwrap());
    assert!(text.contains("call $_ZN5shape4areaEi (; shape::area ;)"), "{text}");
}

#[test]
fn what_has_no_code_says_so() {
    let symbols = from_text(r#"(module (import "a" "b" (func)))"#);
    assert_eq!(symbols.disassemble(FuncIndex(0)), Err(WatError::Imported(FuncIndex(0))));
    assert_eq!(symbols.disassemble(FuncIndex(1)), Err(WatError::Missing(FuncIndex(1))));
    let mut bytes = wat::parse_str("(module (func nop nop))").unwrap();
    let at = bytes.windows(3).position(|bytes| bytes == [1, 1, 0x0b]).unwrap();
    bytes[at + 1] = 0xff;
    let error = self::symbols(&bytes).disassemble(FuncIndex(0)).unwrap_err();
    assert!(matches!(error, WatError::Malformed { function: FuncIndex(0), .. }), "{error}");
    assert!(error.to_string().contains(&format!("{:#x}", at + 1)), "{error}");
}

#[test]
fn broken_local_names_keep_what_is_whole() {
    let mut bytes =
        wat::parse_str("(module (func (param i32 i32) local.get 0 local.get 1 drop drop))").unwrap();
    // Locals of function 0: local 0 is `a`, local 1 reaches beyond its subsection.
    let contents = [2u8, 8, 1, 0, 2, 0, 1, b'a', 1, 9];
    bytes.extend([0, contents.len() as u8 + 5, 4]);
    bytes.extend(b"name");
    bytes.extend(contents);
    let symbols = symbols(&bytes);
    let text = shown(&symbols.disassemble(FuncIndex(0)).unwrap());
    assert!(text.contains("local.get $a\n  local.get 1\n"), "{text}");
    assert!(matches!(symbols.warnings(), [Warning::NamesBroken { part: "the local names", .. }]));
}

#[test]
fn a_long_name_said_often_takes_no_more_memory_than_allowed() {
    let name = "x".repeat(1 << 20);
    let gets = "local.get 0 drop ".repeat(1000);
    let symbols = from_text(&format!("(module (func (param ${name} i32) {gets}))"));
    let lines = symbols.disassemble(FuncIndex(0)).unwrap();
    assert!(lines.iter().map(|line| line.text.len()).sum::<usize>() < 20 << 20);
    assert_eq!(lines[lines.len() - 3].text, "local.get 0");
}

/// Text in a form in which both printers must agree: no comments, no quotes, decimal floats, single spaces.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line.split(";; label").next().unwrap_or_default().trim();
    while let Some((before, after)) = rest.split_once("(;") {
        let (comment, after) = after.split_once(";)").unwrap_or_default();
        text.push_str(before);
        // The other printer has floats in hexadecimal, and what they are in a comment.
        let number = comment.strip_prefix('=').and_then(|number| number.parse::<f64>().ok());
        if let Some(number) = number.filter(|number| number.is_finite()) {
            let mnemonic = text.split_whitespace().next().unwrap_or_default().to_owned();
            text = if mnemonic == "f32.const" {
                format!("{mnemonic} {:?}", number as f32)
            } else {
                format!("{mnemonic} {number:?}")
            };
        }
        rest = after;
    }
    text.push_str(rest);
    same_names(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Names without their quotes, and without what the other printer puts in front where several items have one name.
fn same_names(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("$\"") {
        let (name, after) = after.split_once('"').unwrap_or_default();
        let own = name.strip_prefix('#').and_then(|name| name.split_once(' ')).map_or(name, |(_, name)| name);
        out.push_str(before);
        out.push('$');
        out.push_str(&own.replace(' ', "_"));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Compares every function of a module with what the other printer says, line by line; gives the mnemonics met.
fn compare(bytes: &[u8], what: &str) -> HashSet<String> {
    let symbols = symbols(bytes);
    let mut storage = String::new();
    let theirs: HashMap<usize, &str> = wasmprinter::Config::new()
        .offsets_and_lines(bytes, &mut storage)
        .unwrap()
        .filter_map(|(offset, line)| Some((offset?, line)))
        .collect();
    let mut mnemonics = HashSet::new();
    for function in symbols.module().functions().iter().filter(|function| function.body.is_some()) {
        for line in symbols.disassemble(function.index).unwrap() {
            // The other printer closes empty functions in their first line.
            let Some(offset) = line.offset.filter(|_| line.depth > 0) else { continue };
            let at = symbols.module().file_offset(offset).unwrap().0 as usize;
            let other = theirs.get(&at).unwrap_or_else(|| panic!("{what}: only we have {line:?}"));
            assert_eq!(plain(&line.text), plain(other), "{what}: {} at {offset}", function.index);
            mnemonics.extend(line.text.split(' ').next().map(str::to_owned));
        }
        assert_eq!(lines_of(&symbols, function.index, &theirs), 0, "{what}: only they have lines");
    }
    mnemonics
}

/// How many lines of the other printer lie in a function and are none of ours.
fn lines_of(symbols: &Symbols, function: FuncIndex, theirs: &HashMap<usize, &str>) -> usize {
    let lines = symbols.disassemble(function).unwrap();
    let ours: HashSet<CodeOffset> = lines.iter().filter_map(|line| line.offset).collect();
    let file = |offset: CodeOffset| symbols.module().file_offset(offset).unwrap().0 as usize;
    let (Some(first), Some(last)) = (ours.iter().min(), ours.iter().max()) else { return 0 };
    let within = (file(*first)..file(*last)).filter(|at| theirs.contains_key(at));
    let ours: HashSet<usize> = ours.iter().map(|offset| file(*offset)).collect();
    within.filter(|at| !ours.contains(at)).count()
}

#[test]
fn samples_read_as_another_printer_has_them() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples");
    let modules = common::modules(&dir);
    assert!(modules.len() >= 7, "{modules:?}");
    for path in modules {
        compare(&std::fs::read(&path).unwrap(), &path.display().to_string());
    }
}

#[test]
fn corpus_reads_as_another_printer_has_it() {
    let Some(dir) = common::corpus() else { return };
    for path in common::modules(&dir) {
        let bytes = std::fs::read(&path).unwrap();
        // Of a function with two names in an adapter that is in components the other printer shows the last one.
        let readable = ModuleIndex::parse_module(&bytes).is_ok() && wasmprinter::print_bytes(&bytes).is_ok();
        if readable {
            compare(&bytes, &path.display().to_string());
        }
    }
}

/// A module with one function that has this code, without its last `end`.
fn with_code(code: &[u8]) -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0".to_vec();
    let body = code.len() as u8 + 2;
    bytes.extend([10, body + 2, 1, body, 0]);
    bytes.extend(code);
    bytes.push(0x0b);
    bytes
}

/// Every opcode there can be, with zeros for operands, which is `unreachable` for what they are not needed for.
#[test]
fn all_instructions_read_as_another_printer_has_them() {
    let plain = (0u8..0xfb).map(|opcode| vec![opcode]);
    let prefixed = (0xfbu8..=0xfe).flat_map(|prefix| {
        (0u16..0x200).map(move |code| vec![prefix, (code & 0x7f) as u8 | 0x80, (code >> 7) as u8])
    });
    let mut mnemonics = HashSet::new();
    for opcode in plain.chain(prefixed) {
        // `else` and `catch` need a block to stand in; what begins a block needs its end.
        let contexts: [(&[u8], &[u8]); 5] =
            [(&[], &[]), (&[], &[0x0b]), (&[4, 0x40], &[0x0b]), (&[6, 0x40], &[0x0b]), (&[6, 0x40], &[])];
        let modules = contexts
            .iter()
            .map(|(before, after)| with_code(&[*before, opcode.as_slice(), &[0; 20], *after].concat()));
        let valid = modules.into_iter().find(|bytes| wasmprinter::print_bytes(bytes).is_ok());
        if let Some(bytes) = valid {
            mnemonics.extend(compare(&bytes, &format!("{opcode:x?}")));
        }
    }
    assert!(mnemonics.len() > 600, "{}", mnemonics.len());
}

#[test]
fn operands_read_as_another_printer_has_them() {
    let text = r#"(module
        (type $f (func (param i32) (result i32)))
        (type $s (struct (field $x (mut i32)) (field (mut i64))))
        (type $a (array (mut i8)))
        (memory 1) (memory $m 1) (table $t 1 funcref) (table $u 1 funcref)
        (tag $e (param i32))
        (elem $seg func $f1) (elem declare func $f1)
        (func $f1 (type $f) local.get 0)
        (func (param $p i32) (result i32)
            (block $b (type $f) (try_table $try (type $f) (catch $e $b) (catch_all 0)))
            (br_table 0 0 1 (i32.const 1) (local.get 0)))
        (func (local $r (ref null $s)) (local v128)
            (struct.set $s $x (local.get $r) (i32.const 1))
            (struct.set $s 1 (local.get $r) (i64.const -1))
            (drop (array.new_fixed $a 2 (i32.const 1) (i32.const 2)))
            (drop (ref.test (ref null $s) (local.get $r)))
            (drop (ref.cast (ref $s) (local.get $r)))
            (drop (ref.null $f)) (drop (ref.null extern)) (drop (ref.func $f1))
            (drop (select (result i32) (i32.const 1) (i32.const 2) (i32.const 3)))
            (table.init $u $seg (i32.const 0) (i32.const 0) (i32.const 0))
            (table.copy $t $u (i32.const 0) (i32.const 0) (i32.const 0))
            (table.copy $t $t (i32.const 0) (i32.const 0) (i32.const 0))
            (memory.copy $m 0 (i32.const 0) (i32.const 0) (i32.const 0))
            (drop (call_indirect $u (type $f) (i32.const 0) (i32.const 0)))
            (drop (call_ref $f (i32.const 0) (ref.func $f1)))
            (i64.store $m offset=4294967295 align=1 (i32.const 0) (i64.const -9223372036854775808))
            (local.set 1 (v128.const f32x4 1 -2 nan inf))
            (drop (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (local.get 1) (local.get 1)))
            (drop (v128.load8_lane $m offset=1 3 (i32.const 0) (local.get 1)))
            (drop (f32.const 1e-45)) (drop (f64.const -0)) (drop (f64.const 1e308)) (drop (f32.const 3.4e38))
            (drop (f32.const nan:0x7)) (drop (f64.const -inf))
            (drop (i32.atomic.rmw8.add_u offset=3 (i32.const 0) (i32.const 1)))))"#;
    compare(&wat::parse_str(text).unwrap(), "operands");
}

/// Functions of a module of 60 MB come up at once.
#[test]
fn one_function_of_a_large_module_is_quick() {
    let body = format!("(func $f0 {})", "i32.const 1 drop ".repeat(200));
    let bytes = wat::parse_str(format!("(module {body})")).unwrap();
    let code = &bytes[bytes.windows(3).position(|bytes| bytes == [0x41, 1, 0x1a]).unwrap()..][..600];
    let large = with_functions(100_000, code);
    assert!(large.len() > 60_000_000);
    let symbols = symbols(&large);
    let started = Instant::now();
    let lines = symbols.disassemble(FuncIndex(99_999)).unwrap();
    let elapsed = started.elapsed();
    eprintln!("{} lines in {elapsed:?}", lines.len());
    assert_eq!(lines.len(), 402);
    assert!(elapsed.as_millis() < 500, "{elapsed:?}");
}

fn with_functions(count: u32, code: &[u8]) -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0".to_vec();
    let section = |bytes: &mut Vec<u8>, id: u8, contents: Vec<u8>| {
        bytes.push(id);
        bytes.extend(leb(contents.len() as u32));
        bytes.extend(contents);
    };
    section(&mut bytes, 3, [leb(count), vec![0; count as usize]].concat());
    let body = [leb(code.len() as u32 + 2), vec![0], code.to_vec(), vec![0x0b]].concat();
    section(&mut bytes, 10, [leb(count), body.repeat(count as usize)].concat());
    bytes
}

fn leb(mut value: u32) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}
