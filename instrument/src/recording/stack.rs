//! Sampled stacks: a prefix tree of frames, and the samples that point into it.

use serde::{Deserialize, Serialize};
use wasmscope_symbolize::{CodeOffset, FuncIndex};

/// A row of [`StackTable`]: the frame and, through its parent, all frames that called it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StackId(pub u32);

/// One physical frame of a sampled stack, in the original module's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StackFrame {
    /// Guest code. `offset` is of the instruction that was running or, in a caller, of the call.
    Wasm {
        /// The function.
        func: FuncIndex,
        /// Where in the code section.
        offset: CodeOffset,
    },
    /// The host, inside the imported function `import`.
    Host {
        /// The import's place in the function index space.
        import: FuncIndex,
    },
    /// The engine itself: instantiation, `memory.grow`, a trap on its way, a host call that has no name.
    Engine,
}

/// Distinct stacks as a prefix tree: columns of equal length, parents before their children.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StackTable {
    /// The caller's row; `None` for the outermost frame.
    pub parent: Vec<Option<StackId>>,
    /// The frame itself.
    pub frame: Vec<StackFrame>,
}

impl StackTable {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.frame.len()
    }

    /// Is there no row?
    pub fn is_empty(&self) -> bool {
        self.frame.is_empty()
    }

    /// Appends a row and gives its id. The parent must be a row that stands already.
    pub fn push(&mut self, parent: Option<StackId>, frame: StackFrame) -> StackId {
        debug_assert!(parent.is_none_or(|p| (p.0 as usize) < self.len()));
        let id = StackId(self.len() as u32);
        self.parent.push(parent);
        self.frame.push(frame);
        id
    }

    /// The frames of `stack`, innermost first.
    pub fn frames(&self, stack: StackId) -> impl Iterator<Item = StackFrame> {
        let up = |id: &StackId| self.parent.get(id.0 as usize).copied().flatten();
        std::iter::successors(Some(stack), up).filter_map(|id| self.frame.get(id.0 as usize).copied())
    }
}

/// Samples in the order of time: columns of equal length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SampleTable {
    /// When, in nanoseconds since the recording began.
    pub time_nanos: Vec<u64>,
    /// The stack that was found.
    pub stack: Vec<StackId>,
    /// How much wall-clock time the sample stands for.
    pub weight_nanos: Vec<u64>,
}

impl SampleTable {
    /// Appends one sample.
    pub fn push(&mut self, time_nanos: u64, stack: StackId, weight_nanos: u64) {
        self.time_nanos.push(time_nanos);
        self.stack.push(stack);
        self.weight_nanos.push(weight_nanos);
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.stack.len()
    }

    /// Is there no sample?
    pub fn is_empty(&self) -> bool {
        self.stack.is_empty()
    }

    /// Rows of `(time, stack, weight)`.
    pub fn iter(&self) -> impl Iterator<Item = (u64, StackId, u64)> {
        let rest = self.stack.iter().zip(&self.weight_nanos);
        self.time_nanos.iter().zip(rest).map(|(time, (stack, weight))| (*time, *stack, *weight))
    }
}
