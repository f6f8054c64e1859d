//! The engine's fuel as a count of instructions and calls, and ours.

use std::collections::BTreeMap;
use wasmscope_instrument::instructions_of;
use wasmscope_instrument::recording::Recording;
use wasmscope_symbolize::{CodeOffset, FuncIndex, ModuleIndex};
use wasmtime::OperatorCost;

/// Fuel for what we count, and for nothing else.
pub fn costs() -> OperatorCost {
    let mut costs = OperatorCost::default();
    (costs.Nop, costs.Drop, costs.Return, costs.Unreachable) = (1, 1, 1, 1);
    (costs.Block, costs.Loop, costs.Else, costs.End, costs.TryTable) = (0, 0, 0, 0, 0);
    costs.variable.memory_copy_per_byte = 0;
    costs.variable.memory_fill_per_byte = 0;
    costs.variable.memory_init_per_byte = 0;
    costs.variable.memory_grow_per_page = 0;
    costs
}

/// Executed instructions of each function.
pub fn by_function(recording: &Recording) -> BTreeMap<FuncIndex, u64> {
    let index = ModuleIndex::parse(&recording.module).unwrap();
    let mut offsets: BTreeMap<FuncIndex, Vec<CodeOffset>> = BTreeMap::new();
    let mut sums = BTreeMap::new();
    for (context, start, end, count) in recording.instructions.iter() {
        let func = recording.contexts.func[context.0 as usize];
        let known = || instructions_of(&recording.module, &index, func).unwrap();
        let offsets = offsets.entry(func).or_insert_with(known);
        let executed = offsets.iter().filter(|at| (start..end).contains(*at)).count() as u64;
        *sums.entry(func).or_default() += executed * count;
    }
    sums
}
