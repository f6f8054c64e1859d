//! The calling-context tree: the call paths in which growth, heap operations and crossings happened.

use serde::{Deserialize, Serialize};
use wasmscope_symbolize::{CodeOffset, FuncIndex};

/// A row of [`ContextTable`]: a function, called in one particular way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ContextId(pub u32);

/// The contexts: columns of equal length, parents before their children.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContextTable {
    /// The calling context; `None` where the host called.
    pub parent: Vec<Option<ContextId>>,
    /// The function that runs in this context.
    pub func: Vec<FuncIndex>,
    /// The call instruction in the parent's function; `None` where the host called, or where the function has so
    /// many call sites that they were not told apart.
    pub call_site: Vec<Option<CodeOffset>>,
}

impl ContextTable {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.func.len()
    }

    /// Is there no row?
    pub fn is_empty(&self) -> bool {
        self.func.is_empty()
    }

    /// Appends a row and gives its id. The parent must be a row that stands already.
    pub fn push(
        &mut self,
        parent: Option<ContextId>,
        func: FuncIndex,
        call_site: Option<CodeOffset>,
    ) -> ContextId {
        debug_assert!(parent.is_none_or(|p| (p.0 as usize) < self.len()));
        let id = ContextId(self.len() as u32);
        self.parent.push(parent);
        self.func.push(func);
        self.call_site.push(call_site);
        id
    }

    /// `context` and its callers, innermost first.
    pub fn ancestors(&self, context: ContextId) -> impl Iterator<Item = ContextId> {
        let up = |id: &ContextId| self.parent.get(id.0 as usize).copied().flatten();
        std::iter::successors(Some(context), up)
    }
}
