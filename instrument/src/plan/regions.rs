//! Splits a function into regions: instructions that are executed equally often whenever control reaches the first
//! of them. One counter a region counts all of its instructions.
//!
//! A region begins at the function's start, at a loop's head, in each arm of an `if`, behind a branch that may not be
//! taken, and where branches meet. Behind a block, loop or `if` out of which no branch leads the region before it goes
//! on: whoever came in comes out. A trap, and a call that never returns, break that promise once, at the end of the
//! run; the reader of the counters makes up for it (see [`crate::probes`]). Where the module knows exceptions any call
//! may break it: there each call begins a new region.
//!
//! What counts as an instruction: see [`crate::instructions`].

use super::instruction::{Effect, Flow};
use std::ops::Range;
use wasmscope_symbolize::FuncIndex;

/// The regions of all functions. Flat lists: there is a region for every few instructions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Regions {
    first_defined: usize,
    /// By defined function, where in `regions` its own begin, and the end.
    starts: Vec<u32>,
    regions: Vec<Region>,
    ranges: Vec<(u32, u32)>,
}

/// Instructions that are executed equally often. Offsets count in the code section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    ranges: Range<u32>,
}

impl Regions {
    /// Those of a module with so many imported functions, before its first body.
    pub(super) fn new(imported: usize) -> Regions {
        Regions { starts: vec![0], first_defined: imported, ..Regions::default() }
    }

    /// The regions of `func`: the one that is entered with it, then the others in the order of their first
    /// instructions. None for functions that are imported.
    pub(crate) fn of(&self, func: FuncIndex) -> &[Region] {
        let Some(defined) = func.index().checked_sub(self.first_defined) else { return &[] };
        match (self.starts.get(defined), self.starts.get(defined + 1)) {
            (Some(start), Some(end)) => &self.regions[*start as usize..*end as usize],
            _ => &[],
        }
    }

    /// Where the instructions of a region are, in ascending order. What stands in between belongs to other regions. The
    /// region is counted in front of the first one; the region that is entered with the function, at its entry.
    pub(crate) fn ranges(&self, region: &Region) -> &[(u32, u32)] {
        self.ranges.get(region.ranges.start as usize..region.ranges.end as usize).unwrap_or_default()
    }

    /// Adds the regions of the next body, of which `splitter` has seen all instructions.
    pub(super) fn add(&mut self, splitter: &mut Splitter) {
        let mut spans = std::mem::take(&mut splitter.spans);
        // Stable: the spans of one region stay in the order of the code.
        spans.sort_by_key(|span| span.region);
        let mut rest = spans.iter().peekable();
        for number in 0..splitter.count {
            let start = self.ranges.len() as u32;
            while let Some(span) = rest.next_if(|span| span.region == number) {
                self.ranges.push((span.start, span.end));
            }
            self.regions.push(Region { ranges: start..self.ranges.len() as u32 });
        }
        self.starts.push(self.regions.len() as u32);
        splitter.spans = spans;
        splitter.restart();
    }

    pub(super) fn finished(mut self) -> Regions {
        self.regions.shrink_to_fit();
        self.ranges.shrink_to_fit();
        self
    }
}

/// A region that may have no instruction yet.
type RegionId = usize;

/// Instructions of one region that follow each other.
#[derive(Clone, Copy, Debug)]
struct Span {
    /// Regions are numbered by their first instructions.
    region: u32,
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FrameKind {
    Block,
    Loop,
    /// The first arm of an `if`.
    Then,
    /// The other one; the region in which the first arm ended, if it did.
    Else(Option<RegionId>),
}

/// An open block. Out of the function itself lead `return`s, which nothing meets again.
#[derive(Debug)]
struct Frame {
    kind: FrameKind,
    /// The region in front of it; `None` where control can't come.
    entry: Option<RegionId>,
    /// Does a branch lead to its end?
    is_target: bool,
    /// The outermost place that a branch inside leads to: 0 out of the function, otherwise 1 more than the number of
    /// the target among the open blocks. What is left is found on the way out, so that a branch costs the same at any
    /// depth.
    outermost: usize,
}

/// Splits one function after the other.
pub(super) struct Splitter {
    /// May calls throw?
    throws: bool,
    /// The numbers of the regions that have an instruction.
    numbers: Vec<Option<u32>>,
    /// How many that is.
    count: u32,
    /// In the order of the code.
    spans: Vec<Span>,
    frames: Vec<Frame>,
    /// The region that goes on; `None` where control can't come.
    current: Option<RegionId>,
    /// Was there an instruction behind the last span that control can't reach?
    is_interrupted: bool,
}

impl Splitter {
    /// For functions in which calls may throw, or may not.
    pub(super) fn new(throws: bool) -> Splitter {
        let (numbers, spans, frames) = (Vec::new(), Vec::new(), Vec::new());
        let mut splitter =
            Splitter { throws, numbers, count: 0, spans, frames, current: None, is_interrupted: false };
        splitter.restart();
        splitter
    }

    /// Forgets the function before.
    fn restart(&mut self) {
        self.numbers.clear();
        self.spans.clear();
        self.frames.clear();
        // The first region is counted with the function's entries, whether it has an instruction or not.
        self.numbers.push(Some(0));
        self.count = 1;
        self.current = Some(0);
        self.enter(FrameKind::Block);
    }

    fn fresh(&mut self) -> RegionId {
        self.numbers.push(None);
        self.numbers.len() - 1
    }

    fn begin(&mut self) {
        self.current = self.current.map(|_| self.fresh());
    }

    fn enter(&mut self, kind: FrameKind) {
        self.frames.push(Frame { kind, entry: self.current, is_target: false, outermost: usize::MAX });
    }

    /// Takes the next instruction, at `place` from its start to its end, and the labels of its table, if it has one.
    pub(super) fn instruction(&mut self, effect: Effect, labels: &[u32], place: (u32, u32)) {
        if effect.is_counted() {
            self.count(place);
        }
        match effect.flow {
            Flow::On => {}
            Flow::Block => self.enter(FrameKind::Block),
            Flow::Try => {
                self.enter(FrameKind::Block);
                self.leave_all();
                self.frames.last_mut().into_iter().for_each(|frame| frame.is_target = true);
            }
            Flow::TryTable => {
                labels.iter().for_each(|label| self.branch(*label));
                self.enter(FrameKind::Block);
            }
            Flow::Loop => {
                self.enter(FrameKind::Loop);
                self.begin();
            }
            Flow::If => {
                self.enter(FrameKind::Then);
                self.begin();
            }
            Flow::Else => self.other_arm(),
            Flow::End | Flow::Delegate => self.leave(),
            flow => self.jump(flow, labels),
        }
    }

    fn count(&mut self, (start, end): (u32, u32)) {
        let Some(number) = self.current.and_then(|id| self.numbers.get_mut(id)) else {
            self.is_interrupted = true;
            return;
        };
        let region = *number.get_or_insert_with(|| {
            self.count += 1;
            self.count - 1
        });
        match self.spans.last_mut() {
            Some(last) if last.region == region && !self.is_interrupted => last.end = end,
            _ => self.spans.push(Span { region, start, end }),
        }
        self.is_interrupted = false;
    }

    /// Instructions behind which control goes elsewhere, always or sometimes.
    fn jump(&mut self, flow: Flow, labels: &[u32]) {
        match flow {
            Flow::Branch(depth) => {
                self.branch(depth);
                self.current = None;
            }
            Flow::BranchIf(depth) => {
                self.branch(depth);
                self.begin();
            }
            Flow::BranchTable => {
                labels.iter().for_each(|depth| self.branch(*depth));
                self.current = None;
            }
            Flow::Leave => {
                self.leave_all();
                self.current = None;
            }
            Flow::Unreachable => self.current = None,
            Flow::Call if !self.throws => {}
            Flow::Call | Flow::Perhaps => {
                self.leave_all();
                self.begin();
            }
            _ => {}
        }
    }

    fn branch(&mut self, depth: u32) {
        let Some(target) = self.frames.len().checked_sub(1 + depth as usize) else { return };
        self.lead_to(target + 1);
        self.frames[target].is_target |= self.frames[target].kind != FrameKind::Loop;
    }

    fn lead_to(&mut self, place: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.outermost = frame.outermost.min(place);
        }
    }

    fn leave_all(&mut self) {
        self.lead_to(0);
    }

    fn other_arm(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        frame.kind = FrameKind::Else(self.current);
        self.current = frame.entry;
        self.begin();
    }

    fn leave(&mut self) {
        let Some(Frame { kind, entry, is_target, outermost }) = self.frames.pop() else { return };
        let is_left = outermost < self.frames.len() + 1;
        self.lead_to(outermost);
        self.current = match kind {
            _ if !is_left => entry,
            FrameKind::Loop => self.current,
            FrameKind::Block if !is_target => self.current,
            FrameKind::Else(None) if !is_target => self.current,
            _ => entry.map(|_| self.fresh()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::super::instruction::Reader;
    use super::*;
    use wasmparser::{FunctionBody, Operator, OperatorsReader, Parser, Payload};
    use wasmscope_symbolize::ModuleIndex;

    /// The names of instructions by region, in the order of the regions.
    fn regions(body: &str, throws: bool) -> Vec<String> {
        let text = format!("(module (memory 1) (func $f (param i32) {body}))");
        let wasm = wat::parse_str(text).unwrap();
        let index = ModuleIndex::parse(&wasm).unwrap();
        let mut found = Vec::new();
        for payload in Parser::new(0).parse_all(&wasm) {
            let Ok(Payload::CodeSectionEntry(body)) = payload else { continue };
            let mut splitter = Splitter::new(throws);
            let mut effects = Reader::new(&index, false);
            let mut reader = body.get_operators_reader().unwrap();
            while !reader.eof() {
                let at = reader.original_position() as u32;
                let effect = reader.visit_operator(&mut effects).unwrap();
                splitter.instruction(effect, &effects.labels, (at, reader.original_position() as u32));
            }
            let mut regions = Regions::new(0);
            regions.add(&mut splitter);
            found =
                regions.of(FuncIndex(0)).iter().map(|region| names(&body, regions.ranges(region))).collect();
        }
        found
    }

    fn names(body: &FunctionBody<'_>, ranges: &[(u32, u32)]) -> String {
        let mut reader: OperatorsReader<'_> = body.get_operators_reader().unwrap();
        let mut names = Vec::new();
        while !reader.eof() {
            let at = reader.original_position() as u32;
            let operator = reader.read().unwrap();
            let is_form = matches!(
                operator,
                Operator::Block { .. } | Operator::Loop { .. } | Operator::Else | Operator::End
            );
            if !is_form && ranges.iter().any(|(start, end)| (*start..*end).contains(&at)) {
                names.push(name(&operator));
            }
        }
        names.join(" ")
    }

    fn name(operator: &Operator<'_>) -> String {
        match operator {
            Operator::I32Const { value } => value.to_string(),
            other => format!("{other:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn code_behind_a_block_that_none_leaves_goes_on() {
        let body = "i32.const 1 drop
            block i32.const 2 br_if 0 i32.const 3 drop end
            i32.const 4 drop";
        assert_eq!(regions(body, false), ["1 Drop 2 BrIf 4 Drop", "3 Drop"]);
    }

    #[test]
    fn a_loop_counts_its_rounds_and_the_rest_goes_on() {
        let body = "i32.const 1 drop loop i32.const 2 br_if 0 i32.const 3 drop end i32.const 4 drop";
        assert_eq!(regions(body, false), ["1 Drop 4 Drop", "2 BrIf", "3 Drop"]);
    }

    #[test]
    fn each_arm_counts_for_itself() {
        let body = "i32.const 1 if i32.const 2 drop else i32.const 3 drop end i32.const 4 drop";
        assert_eq!(regions(body, false), ["1 If 4 Drop", "2 Drop", "3 Drop"]);
    }

    #[test]
    fn what_a_branch_leaves_ends() {
        let body =
            "block loop i32.const 1 br_if 1 i32.const 2 br_if 0 i32.const 3 drop end i32.const 4 drop end
            i32.const 5 if return end i32.const 6 drop";
        assert_eq!(regions(body, false), ["5 If", "1 BrIf", "2 BrIf", "3 Drop 4 Drop", "Return", "6 Drop"]);
    }

    #[test]
    fn a_call_may_throw_where_the_module_can() {
        let body = "i32.const 1 call $f i32.const 2 drop";
        assert_eq!(regions(body, false), ["1 Call 2 Drop"]);
        assert_eq!(regions(body, true), ["1 Call", "2 Drop"]);
    }

    #[test]
    fn one_arm_that_comes_back_goes_on() {
        // Not where the other arm stands between its parts: a call that goes on there is no part of it.
        let body =
            "block i32.const 0 if i32.const 3 drop else br 1 end i32.const 4 drop end i32.const 5 drop";
        assert_eq!(regions(body, false), ["0 If 5 Drop", "3 Drop", "Br", "4 Drop"]);
        let body =
            "block i32.const 0 if br 1 else i32.const 3 drop end i32.const 4 drop end i32.const 5 drop";
        assert_eq!(regions(body, false), ["0 If 5 Drop", "Br", "3 Drop 4 Drop"]);
    }
}
