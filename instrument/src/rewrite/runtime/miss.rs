//! Finds or makes the node of a function that its caller's slot does not lead to.
//!
//! ```wat
//! (func $miss (param $tag i32) (param $shape i32) (param $counters i32) (result $node i32)
//!   at the first call: set up the fixed nodes
//!   if the caller is an overflow node: give an overflow node
//!   if the cache knows the slot and the tag: put its node into the slot and give it
//!   find the caller's node: the first word below the slot whose top bit is set is its tag
//!   if an ancestor is of the same function: it is the node (recursion ends there)
//!   if a child of the caller was reached by the same slot and is of the function: it is the node
//!   otherwise make one, or give an overflow node if the budget is used up
//!   put the node into the slot, and unless it is an overflow node into the cache
//! ```
//! An allocator that is entered inside of an allocator must not become the outer one's node, which counts blocks:
//! there, only nodes that are nested as well are looked at as ancestors. A collector is as if it ran outside.

use super::super::indices::Indices;
use super::super::inject::word;
use crate::probes::Probes;
use crate::probes::layout::{contexts, node};
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

/// Parameters and locals of the function.
const TAG: u32 = 0;
const SHAPE: u32 = 1;
/// Bytes of the counters in front of the node.
const COUNTERS: u32 = 2;
const SLOT: u32 = 3;
const CALLER: u32 = 4;
const NODE: u32 = 5;
/// The caller's flags, none for a collector; the new node is nested if there are any.
const FLAGS: u32 = 6;
const ENTRY: u32 = 7;
const END: u32 = 8;
const PAGES: u32 = 9;

/// The flags of a node.
const FLAG_BITS: i32 = (node::ALLOCATOR | node::NESTED) as i32;

struct Miss<'a> {
    code: InstructionSink<'a>,
    memory: u32,
    probes: &'a Probes,
}

/// The function as the module's documentation has it.
pub(super) fn miss(probes: &Probes, indices: &Indices) -> Function {
    let mut function = Function::new([(7, ValType::I32)]);
    let mut miss = Miss { code: function.instructions(), memory: indices.contexts, probes };
    miss.code.global_get(indices.slot).local_set(SLOT);
    miss.set_up();
    miss.past_budget();
    miss.cached();
    miss.find_caller();
    // Each of the ways to find a node leaves this block.
    miss.code.block(BlockType::Empty);
    miss.ancestor();
    miss.child();
    miss.create();
    miss.code.end();
    miss.remember();
    miss.code.local_get(NODE).end();
    function
}

impl Miss<'_> {
    fn load(&mut self, offset: u32) -> &mut Self {
        self.code.i32_load(word(self.memory, offset));
        self
    }

    /// Pushes the word at `address + offset`.
    fn word_of(&mut self, address: u32, offset: u32) {
        self.code.local_get(address);
        self.load(offset);
    }

    fn store(&mut self, offset: u32) {
        self.code.i32_store(word(self.memory, offset));
    }

    fn set_up(&mut self) {
        self.code.i32_const(0);
        self.load(contexts::FREE);
        self.code.i32_eqz().if_(BlockType::Empty);
        for (address, value) in [
            (contexts::FREE, self.probes.first_node()),
            (contexts::ROOT + node::TAG, node::ROOT_TAG),
            (self.probes.overflow_node(1) + node::PARENT, node::ALLOCATOR),
            (self.probes.overflow_node(2) + node::PARENT, node::NESTED),
        ] {
            self.code.i32_const(0).i32_const(value as i32);
            self.store(address);
        }
        self.code.end();
    }

    /// A caller that is an overflow node is known by its address. Its slots stay empty: they belong to no function.
    fn past_budget(&mut self) {
        let (start, stride) = (self.probes.overflow_start(), self.probes.overflow_stride());
        self.code.local_get(SLOT).i32_const(start as i32).i32_sub().local_tee(NODE);
        self.code.i32_const((contexts::OVERFLOW_NODES * stride) as i32).i32_lt_u().if_(BlockType::Empty);
        self.code.local_get(NODE).i32_const(stride as i32).i32_div_u();
        self.set_flags();
        self.overflow();
        self.code.return_().end();
    }

    /// Pushes the overflow node for a function whose caller has `FLAGS`, and counts it.
    fn overflow(&mut self) {
        let (start, stride) = (self.probes.overflow_node(0), self.probes.overflow_stride());
        self.code.i32_const(0).i32_const(0);
        self.load(contexts::OVERFLOWED);
        self.code.i32_const(1).i32_add();
        self.store(contexts::OVERFLOWED);
        self.new_flags();
        self.code.i32_const(stride as i32).i32_mul().i32_const(start as i32).i32_add();
    }

    /// Pushes the flags of a new node. They are also the number of its overflow node.
    fn new_flags(&mut self) {
        self.code.i32_const(node::NESTED as i32).local_get(SHAPE).i32_const(31).i32_shr_u();
        self.code.local_get(FLAGS).select();
    }

    fn cached(&mut self) {
        let mask = (contexts::CACHE_ENTRIES - 1) as i32;
        self.code.local_get(SLOT).i32_const(2).i32_shr_u().local_get(TAG).i32_const(31).i32_mul().i32_add();
        self.code.i32_const(mask).i32_and().i32_const(contexts::CACHE_ENTRY as i32).i32_mul();
        self.code.i32_const(self.probes.cache_start() as i32).i32_add().local_tee(ENTRY);
        self.load(0);
        self.code.local_get(SLOT).i32_eq();
        self.word_of(ENTRY, 4);
        self.code.local_get(TAG).i32_eq().i32_and().if_(BlockType::Empty);
        self.code.local_get(SLOT);
        self.word_of(ENTRY, 8);
        self.code.local_tee(NODE);
        self.store(0);
        self.code.local_get(NODE).return_().end();
    }

    fn find_caller(&mut self) {
        // The root may have very many slots, one for each export.
        self.code
            .local_get(SLOT)
            .i32_const(self.probes.overflow_start() as i32)
            .i32_lt_u()
            .if_(BlockType::Empty);
        self.code.i32_const(contexts::ROOT as i32).local_set(CALLER);
        self.code.else_().local_get(SLOT).local_set(CALLER).loop_(BlockType::Empty);
        self.code.local_get(CALLER).i32_const(4).i32_sub().local_tee(CALLER);
        self.load(0);
        self.code.i32_const(0).i32_ge_s().br_if(0).end();
        self.code.local_get(CALLER).i32_const(node::TAG as i32).i32_sub().local_set(CALLER).end();
        self.word_of(CALLER, node::PARENT);
        self.code.i32_const(FLAG_BITS).i32_and();
        self.set_flags();
    }

    /// Takes the caller's flags from the stack.
    fn set_flags(&mut self) {
        self.code.i32_const(0).local_get(SHAPE).i32_const(node::COLLECTOR_SHAPE as i32).i32_and();
        self.code.i32_eqz().select().local_set(FLAGS);
    }

    fn ancestor(&mut self) {
        self.code.local_get(CALLER).local_set(NODE);
        self.code.block(BlockType::Empty).loop_(BlockType::Empty);
        // At the root, or inside of an allocator at the outermost one, there are no more.
        self.word_of(NODE, node::TAG);
        self.code.i32_const(node::ROOT_TAG as i32).i32_eq().br_if(1);
        self.code.local_get(FLAGS).if_(BlockType::Empty);
        self.word_of(NODE, node::PARENT);
        self.code.i32_const(node::NESTED as i32).i32_and().i32_eqz().br_if(2).end();
        self.word_of(NODE, node::TAG);
        self.code.local_get(TAG).i32_eq().br_if(2);
        self.word_of(NODE, node::PARENT);
        self.code.i32_const(!FLAG_BITS).i32_and().local_set(NODE).br(0).end().end();
    }

    /// Looks only where something is in the slot: nothing there was never anything there.
    fn child(&mut self) {
        self.word_of(SLOT, 0);
        self.code.if_(BlockType::Empty);
        self.word_of(CALLER, node::CHILDREN);
        self.code.local_set(NODE).block(BlockType::Empty).loop_(BlockType::Empty);
        self.code.local_get(NODE).i32_eqz().br_if(1);
        self.word_of(NODE, node::TAG);
        self.code.local_get(TAG).i32_eq();
        self.word_of(NODE, node::VIA);
        self.code.local_get(SLOT).i32_eq().i32_and().br_if(3);
        self.word_of(NODE, node::NEXT);
        self.code.local_set(NODE).br(0).end().end().end();
    }

    fn create(&mut self) {
        let bytes = !(node::ALLOCATOR_SHAPE | node::COLLECTOR_SHAPE) as i32;
        self.code.i32_const(0);
        self.load(contexts::FREE);
        self.code.i32_const(node::LENGTH as i32).i32_add().local_get(COUNTERS).i32_add();
        self.code.local_tee(NODE).local_get(SHAPE).i32_const(bytes).i32_and();
        self.code.i32_add().local_set(END);
        self.make_room();
        self.code.local_get(NODE).local_get(COUNTERS).i32_sub().i32_const(node::LENGTH as i32).i32_sub();
        self.code.local_get(COUNTERS);
        self.store(0);
        self.code.local_get(NODE).local_get(CALLER);
        self.new_flags();
        self.code.i32_or();
        self.store(node::PARENT);
        self.code.local_get(NODE).local_get(SLOT);
        self.store(node::VIA);
        self.code.local_get(NODE);
        self.word_of(CALLER, node::CHILDREN);
        self.store(node::NEXT);
        self.code.local_get(NODE).local_get(TAG);
        self.store(node::TAG);
        self.code.local_get(CALLER).local_get(NODE);
        self.store(node::CHILDREN);
        self.code.i32_const(0).local_get(END);
        self.store(contexts::FREE);
    }

    /// Grows the memory if the node doesn't fit: it doubles, up to its maximum. Past that, gives an overflow node,
    /// which also goes into the slot: the caller's next call needs no search.
    fn make_room(&mut self) {
        let memory = self.memory;
        self.code.local_get(END).memory_size(memory).i32_const(16).i32_shl().i32_gt_u().if_(BlockType::Empty);
        // As many pages as there are, but no more than are left of the maximum. A node that needs more than that is
        // past the budget.
        self.code.i32_const(contexts::MAX_PAGES as i32).memory_size(memory).i32_sub().local_tee(PAGES);
        self.code
            .memory_size(memory)
            .local_get(PAGES)
            .memory_size(memory)
            .i32_lt_u()
            .select()
            .local_set(PAGES);
        self.code
            .local_get(END)
            .memory_size(memory)
            .local_get(PAGES)
            .i32_add()
            .i32_const(16)
            .i32_shl()
            .i32_gt_u();
        self.code.if_(BlockType::Result(ValType::I32)).i32_const(-1);
        self.code.else_().local_get(PAGES).memory_grow(memory).end();
        self.code.i32_const(-1).i32_eq().if_(BlockType::Empty).local_get(SLOT);
        self.overflow();
        self.code.local_tee(NODE);
        self.store(0);
        self.code.local_get(NODE).return_().end().end();
    }

    fn remember(&mut self) {
        for (offset, value) in [(0, SLOT), (4, TAG), (8, NODE)] {
            self.code.local_get(ENTRY).local_get(value);
            self.store(offset);
        }
        self.code.local_get(SLOT).local_get(NODE);
        self.store(0);
    }
}
