//! Functions together with those that optimisers inline into them.

use super::lists::Lists;
use super::outline::Outline;
use super::traits::MOST_MARKS;
use crate::ids::FuncIndex;

/// So many functions may become one.
const MOST_PARTS: usize = 16;

/// What is kept of functions with all that is called from them alone, and from nowhere else.
#[derive(Default)]
pub(super) struct Inlined {
    marks: Lists,
    callees: Lists,
}

impl Inlined {
    pub(super) fn of(outline: &Outline<'_>) -> Inlined {
        let mut inlined = Inlined::default();
        for at in 0..outline.len() as u32 {
            let parts = parts(outline, FuncIndex(at));
            let (mut marks, mut callees) = (Vec::new(), Vec::new());
            for part in parts.iter().filter(|_| parts.len() > 1) {
                marks.extend(outline.marks(*part));
                callees.extend(outline.callees(*part));
            }
            for list in [&mut marks, &mut callees] {
                list.sort_unstable();
                list.dedup();
            }
            marks.truncate(MOST_MARKS);
            inlined.marks.push(&marks);
            inlined.callees.push(&callees);
        }
        inlined
    }

    /// Marks and callees; `None` of a function that nothing is inlined into.
    pub(super) fn get(&self, function: FuncIndex) -> Option<(&[u32], &[u32])> {
        let callees = self.callees.get(function.index());
        (!callees.is_empty()).then(|| (self.marks.get(function.index()), callees))
    }
}

/// A function and those that are inlined into it.
fn parts(outline: &Outline<'_>, function: FuncIndex) -> Vec<FuncIndex> {
    let mut parts = vec![function];
    let mut at = 0;
    while let Some(caller) = parts.get(at).copied() {
        let callees = outline.callees(caller).iter().map(|callee| FuncIndex(*callee));
        let inlined =
            callees.filter(|callee| *callee != function && outline.sole_caller(*callee) == Some(caller));
        let room = MOST_PARTS.saturating_sub(parts.len());
        parts.extend(inlined.take(room).collect::<Vec<_>>());
        at += 1;
    }
    parts
}
