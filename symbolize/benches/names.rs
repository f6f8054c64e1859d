//! How long the names of all functions take, from the module's bytes on: with a name section, and stripped, where functions
//! are looked for by their code. `cargo bench -p wasmscope-symbolize --bench names -- module.wasm` takes modules of one's
//! own; otherwise the samples are made 30 MB large by having their functions many times over. A figure behind which a `!`
//! stands misses its bar, which holds for 30 MB and grows with it.

#![allow(clippy::unwrap_used, reason = "a bench has no user: what goes wrong ends it")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmscope_symbolize::{ModuleIndex, NameSource, Section, Symbols};

const BAR_BYTES: usize = 30_000_000;
const BAR: Duration = Duration::from_millis(100);
/// The best of so many: other programs run on this machine, too.
const ROUNDS: usize = 5;

fn main() {
    let arguments: Vec<PathBuf> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).map(PathBuf::from).collect();
    println!(
        "{:28} {:>8} {:>10} {:>10} {:>12} {:>12}",
        "module", "MB", "functions", "named", "names", "stripped"
    );
    let samples = ["json/json.wasm", "words/words.wasm"]
        .map(|sample| Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(sample));
    for path in &samples {
        if arguments.is_empty() {
            row(path, &inflated(&std::fs::read(path).unwrap()));
        }
    }
    arguments.iter().for_each(|path| row(path, &std::fs::read(path).unwrap()));
}

fn row(path: &Path, module: &[u8]) {
    let stripped = without_custom_sections(module);
    let (time, functions, named) = names(module);
    let (stripped_time, ..) = names(&stripped);
    println!(
        "{:28} {:8.1} {functions:10} {named:10} {} {}",
        path.file_stem().unwrap().to_string_lossy(),
        module.len() as f64 / 1e6,
        figure(time, module.len()),
        figure(stripped_time, stripped.len()),
    );
}

fn figure(time: Duration, bytes: usize) -> String {
    let scale = (bytes as f64 / BAR_BYTES as f64).max(1.0);
    let mark = if time > BAR.mul_f64(scale) { '!' } else { ' ' };
    format!("{:8.1} ms{mark}", time.as_secs_f64() * 1e3)
}

/// The time that all names take, how many functions there are, and how many of them have a name.
fn names(module: &[u8]) -> (Duration, usize, usize) {
    let bytes: Arc<[u8]> = module.into();
    let round = || {
        let began = Instant::now();
        let index = Arc::new(ModuleIndex::parse(&bytes).unwrap());
        let symbols = Symbols::new(Arc::clone(&bytes), Arc::clone(&index));
        let names = index.functions().iter().map(|function| symbols.name(function.index).source);
        let named = names.filter(|source| *source != NameSource::Index).count();
        (began.elapsed(), index.functions().len(), named)
    };
    (0..ROUNDS).map(|_| round()).min_by_key(|(time, ..)| *time).unwrap()
}

fn without_custom_sections(module: &[u8]) -> Vec<u8> {
    let index = ModuleIndex::parse(module).unwrap();
    let kept = index.sections().iter().filter(|section| section.id != 0);
    kept.fold(module[..8].to_vec(), |whole, section| [&whole, whole_section(module, section)].concat())
}

fn whole_section<'a>(module: &'a [u8], section: &Section) -> &'a [u8] {
    &module[section.header.0 as usize..section.contents.end.0 as usize]
}

/// The module without debug information, with its own functions and their names so often that it has 30 MB.
fn inflated(module: &[u8]) -> Vec<u8> {
    const FUNCTIONS: u8 = 3;
    const CODE: u8 = 10;
    let index = ModuleIndex::parse(module).unwrap();
    let symbols = Symbols::new(module.into(), Arc::new(ModuleIndex::parse(module).unwrap()));
    let own = &index.functions()[index.imported_function_count()..];
    let own_names: Vec<_> = own.iter().map(|function| &symbols.name(function.index).raw).collect();
    let round_bytes = own.iter().zip(&own_names).map(|(function, name)| {
        let body = function.body.as_ref().unwrap();
        (body.end.0 - body.start.0) as usize + name.len() + 8
    });
    let rounds = BAR_BYTES / round_bytes.sum::<usize>() + 1;
    let mut large = module[..8].to_vec();
    for section in index.sections().iter().filter(|section| section.id != 0) {
        match section.id {
            FUNCTIONS | CODE => {
                let contents = &module[section.contents.start.0 as usize..section.contents.end.0 as usize];
                let items = &contents[leb(own.len()).len()..];
                let count = leb(own.len() * rounds);
                append(&mut large, section.id, &[count, items.repeat(rounds)].concat());
            }
            _ => large.extend(whole_section(module, section)),
        }
    }
    let mut names = leb(own.len() * rounds);
    for number in 0..own.len() * rounds {
        let name = own_names[number % own.len()];
        names.extend(leb(index.imported_function_count() + number));
        names.extend(leb(name.len()));
        names.extend(name.bytes());
    }
    let functions = [vec![1], leb(names.len()), names].concat();
    append(&mut large, 0, &[b"\x04name".as_slice(), &functions].concat());
    large
}

fn append(module: &mut Vec<u8>, id: u8, contents: &[u8]) {
    module.push(id);
    module.extend(leb(contents.len()));
    module.extend(contents);
}

fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
