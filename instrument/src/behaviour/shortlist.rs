//! Which functions are looked at: those with an allocator's type that others call most.

use crate::MeasureSet;
use crate::plan::{Op, Scan, callees, read_code};
use rustc_hash::{FxHashMap, FxHashSet};
use wasmscope_symbolize::{FuncIndex, FuncType, Function, ModuleIndex, ValType};

/// Candidates that give something, and as many that don't. Together they are bits of one number.
const MOST_EACH: usize = 64;

/// The functions that are worth a look. None where the module can't be read.
pub(super) fn candidates(bytes: &[u8], index: &ModuleIndex) -> Vec<FuncIndex> {
    let Ok((scan, _)) = read_code(bytes, index, MeasureSet::NONE, None) else { return Vec::new() };
    let callers = callers(index, &scan);
    let growing = growing(index, &scan, &callers);
    let rank = |func: &FuncIndex| {
        let called = callers.get(func).map_or(0, Vec::len);
        std::cmp::Reverse((growing.contains(func), called))
    };
    let of = |results: usize| {
        let fits = |function: &&Function| function.import.is_none() && may_be(&function.ty, results);
        let fitting = index.functions().iter().filter(fits).map(|function| function.index);
        let mut fitting: Vec<_> = fitting.filter(|func| callers.contains_key(func)).collect();
        fitting.sort_by_key(rank);
        fitting.truncate(MOST_EACH);
        fitting
    };
    let (mut all, takers) = (of(1), of(0));
    // What takes blocks back need not grow a memory, but it is called as often.
    all.extend(takers);
    all.sort_unstable();
    all
}

/// Integers of one width, as many as an allocator is given.
fn may_be(ty: &FuncType, results: usize) -> bool {
    let Some(word @ (ValType::I32 | ValType::I64)) = ty.params.first() else { return false };
    let params: &[usize] = if results == 0 { &[1, 2, 3] } else { &[1, 2, 4] };
    let fits = params.contains(&ty.params.len()) && ty.results.len() == results;
    fits && ty.params.iter().chain(ty.results.iter()).all(|ty| ty == word)
}

/// By function, the others that call it by name, each once; what is taken by reference or exported is there, too.
fn callers(index: &ModuleIndex, scan: &Scan) -> FxHashMap<FuncIndex, Vec<FuncIndex>> {
    let mut callers: FxHashMap<FuncIndex, Vec<FuncIndex>> = FxHashMap::default();
    for function in index.functions() {
        let called: FxHashSet<_> = callees(index, scan, function.index).collect();
        for callee in called.into_iter().filter(|callee| *callee != function.index) {
            callers.entry(callee).or_default().push(function.index);
        }
    }
    for func in index.address_taken() {
        callers.entry(*func).or_default();
    }
    callers
}

/// The functions that make a memory grow, directly or not, by an instruction or by a host that is asked to.
fn growing(
    index: &ModuleIndex,
    scan: &Scan,
    callers: &FxHashMap<FuncIndex, Vec<FuncIndex>>,
) -> FxHashSet<FuncIndex> {
    let asks = |func: FuncIndex| {
        let import = index.function(func).and_then(|function| index.imports().get(function.import?));
        import.is_some_and(|import| ["emscripten_resize_heap", "sbrk"].contains(&&*import.name))
    };
    let grows = |func: &FuncIndex| {
        scan.of(*func).iter().any(|instruction| match instruction.op {
            Op::Grow(_) => true,
            Op::Call(callee) => asks(callee),
            _ => false,
        })
    };
    let functions = index.functions().iter().map(|function| function.index);
    let mut growing: FxHashSet<_> = functions.filter(grows).collect();
    let mut next: Vec<_> = growing.iter().copied().collect();
    while let Some(func) = next.pop() {
        let above = callers.get(&func).into_iter().flatten().copied();
        next.extend(above.filter(|caller| growing.insert(*caller)));
    }
    growing
}
