//! Which functions can reach an event: only those need a calling context.

use crate::plan::{Op, References, Scan};
use rustc_hash::FxHashMap;
use wasmscope_symbolize::{FuncIndex, FuncType, ModuleIndex, TypeEntry, ValType};

/// A class of function types that can't be told apart by an indirect call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Class(usize);

/// The class of types that may stand for any other, where types have subtypes or refer to each other.
const ANY: Class = Class(0);

/// Which functions and which indirect calls can reach an event.
#[derive(Debug, Default)]
pub(crate) struct CallGraph {
    reaches: Vec<bool>,
    /// By class: can an indirect call of the class enter a function that reaches an event?
    class_reaches: Vec<bool>,
    /// The class of each type.
    classes: Vec<Class>,
    /// Can functions be entered through a reference?
    taken: Vec<bool>,
    /// May an import call any function whose reference was taken?
    imports_call_back: bool,
}

impl CallGraph {
    /// Walks from the functions where `has_event` back to all that can call them, directly or not. An import
    /// counts as a caller of whatever has its address taken where `imports_call_back`.
    pub(crate) fn new(
        index: &ModuleIndex,
        references: &References,
        scan: &Scan,
        imports_call_back: bool,
        has_event: impl Fn(FuncIndex) -> bool,
    ) -> CallGraph {
        let mut taken = vec![false; index.functions().len()];
        for func in references.taken.iter().chain(&scan.taken) {
            if let Some(taken) = taken.get_mut(func.index()) {
                *taken = true;
            }
        }
        let (classes, class_count) = classes(index, references.subtyping);
        let mut graph = CallGraph {
            reaches: vec![false; index.functions().len()],
            class_reaches: vec![false; class_count],
            classes,
            taken,
            imports_call_back,
        };
        let callers = Callers::new(index, scan, &graph);
        let defined = index.functions().iter().skip(index.imported_function_count());
        let mut work: Vec<_> = defined.map(|f| f.index).filter(|func| has_event(*func)).collect();
        work.iter().for_each(|func| graph.reaches[func.index()] = true);
        while let Some(func) = work.pop() {
            graph.spread(callers.of_function(func), &mut work);
            if graph.taken[func.index()] {
                graph.enter_class(references.type_of.get(func.index()), &callers, &mut work);
            }
        }
        graph
    }

    /// Can `func` reach an event?
    pub(crate) fn reaches(&self, func: FuncIndex) -> bool {
        self.reaches.get(func.index()).copied().unwrap_or(false)
    }

    /// Can `func` be entered through a reference?
    pub(crate) fn is_taken(&self, func: FuncIndex) -> bool {
        self.taken.get(func.index()).copied().unwrap_or(false)
    }

    /// How the call `op` may enter a function that reaches an event.
    pub(crate) fn entry(&self, index: &ModuleIndex, op: Op) -> Entry {
        let indirect = |class: Class| match self.class_reaches.get(class.0) {
            Some(true) => Entry::Indirect,
            _ => Entry::None,
        };
        match op {
            Op::Call(func) | Op::TailCall(func) if func.index() >= index.imported_function_count() => {
                if self.reaches(func) { Entry::Direct(func) } else { Entry::None }
            }
            Op::Call(_) | Op::TailCall(_) if !self.imports_call_back => Entry::None,
            Op::Call(_) | Op::TailCall(_) | Op::Resume => indirect(ANY),
            Op::CallIndirect(ty) | Op::TailCallIndirect(ty) => indirect(self.class(ty)),
            Op::Grow(_) | Op::Bulk(_) | Op::Access { .. } | Op::SetStack | Op::Take(_) | Op::Return => {
                Entry::None
            }
        }
    }

    fn class(&self, ty: u32) -> Class {
        self.classes.get(ty as usize).copied().unwrap_or(ANY)
    }

    /// The function of type `ty`, whose reference is taken, reaches an event: so does who calls its class.
    fn enter_class(&mut self, ty: Option<&u32>, callers: &Callers, work: &mut Vec<FuncIndex>) {
        let class = ty.map_or(ANY, |ty| self.class(*ty));
        // A call of any class may be one of this function if nothing is known of the function's class.
        let entered = if class == ANY { 0..self.class_reaches.len() } else { class.0..class.0 + 1 };
        for class in entered.chain([ANY.0]) {
            if !std::mem::replace(&mut self.class_reaches[class], true) {
                self.spread(callers.of_class(Class(class)), work);
            }
        }
    }

    fn spread(&mut self, callers: &[FuncIndex], work: &mut Vec<FuncIndex>) {
        for caller in callers {
            if !std::mem::replace(&mut self.reaches[caller.index()], true) {
                work.push(*caller);
            }
        }
    }
}

/// How a call may enter a function that reaches an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// It can't.
    None,
    /// It enters this function.
    Direct(FuncIndex),
    /// It may enter one of several.
    Indirect,
}

/// The edges of the call graph, backwards: who calls each function, and behind those each class.
struct Callers {
    functions: usize,
    /// Where in `callers` those of each function and class begin, and the end.
    starts: Vec<u32>,
    callers: Vec<FuncIndex>,
}

impl Callers {
    fn new(index: &ModuleIndex, scan: &Scan, graph: &CallGraph) -> Callers {
        let (functions, classes) = (index.functions().len(), graph.class_reaches.len());
        let called = |caller: FuncIndex| {
            let instructions = scan.of(caller).iter();
            instructions.filter_map(move |instruction| called(index, graph, instruction.op))
        };
        let mut starts = vec![0; functions + classes + 1];
        for caller in index.functions() {
            called(caller.index).for_each(|callee| starts[callee + 1] += 1);
        }
        (1..starts.len()).for_each(|at| starts[at] += starts[at - 1]);
        let mut next = starts.clone();
        let mut callers = vec![FuncIndex(0); starts.last().map_or(0, |end| *end as usize)];
        for caller in index.functions() {
            for callee in called(caller.index) {
                callers[next[callee] as usize] = caller.index;
                next[callee] += 1;
            }
        }
        Callers { functions, starts, callers }
    }

    fn of_function(&self, func: FuncIndex) -> &[FuncIndex] {
        self.of(func.index())
    }

    fn of_class(&self, class: Class) -> &[FuncIndex] {
        self.of(self.functions + class.0)
    }

    fn of(&self, callee: usize) -> &[FuncIndex] {
        match self.starts.get(callee..callee + 2) {
            Some([start, end]) => &self.callers[*start as usize..*end as usize],
            _ => &[],
        }
    }
}

/// What `op` calls: the number of a function, or that of a class behind all functions.
fn called(index: &ModuleIndex, graph: &CallGraph, op: Op) -> Option<usize> {
    let functions = index.functions().len();
    match op {
        Op::Call(func) | Op::TailCall(func) if func.index() >= index.imported_function_count() => {
            Some(func.index()).filter(|func| *func < functions)
        }
        Op::Call(_) | Op::TailCall(_) if !graph.imports_call_back => None,
        Op::Call(_) | Op::TailCall(_) | Op::Resume => Some(functions + ANY.0),
        Op::CallIndirect(ty) | Op::TailCallIndirect(ty) => Some(functions + graph.class(ty).0),
        Op::Grow(_) | Op::Bulk(_) | Op::Access { .. } | Op::SetStack | Op::Take(_) | Op::Return => None,
    }
}

/// The class of each type, and how many classes there are.
fn classes(index: &ModuleIndex, subtyping: bool) -> (Vec<Class>, usize) {
    let mut known: FxHashMap<&FuncType, Class> = FxHashMap::default();
    let mut classes = Vec::with_capacity(index.types().len());
    for entry in index.types() {
        let next = Class(known.len() + 1);
        classes.push(match entry {
            TypeEntry::Func(ty) if !subtyping && is_plain(ty) => *known.entry(ty).or_insert(next),
            TypeEntry::Func(_) | TypeEntry::Other(_) => ANY,
        });
    }
    (classes, known.len() + 1)
}

/// Does the type look the same wherever it is defined? Types that refer to others by index don't.
fn is_plain(ty: &FuncType) -> bool {
    let mut all = ty.params.iter().chain(&ty.results);
    !all.any(|ty| matches!(ty, ValType::Ref(name) if name.bytes().any(|byte| byte.is_ascii_digit())))
}
