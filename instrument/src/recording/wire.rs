//! The messages inside chunks: each table's rows as columns that pack small. Those
//! of what is known of memory beside blocks are in [`super::wire_memory`]. See [`super::file`] for the list.

use super::{
    AccessTable, AttachmentKind, CallSlice, CallSpan, ContextId, ContextTable, CountTable, GrowthEvent,
    HeapEvent, HeapEvents, HeapOp, HeapRows, InstructionTable, SampleTable, StackFrame, StackId, StackTable,
};
use serde::{Deserialize, Serialize, Serializer};
use std::ops::Range;
use wasmscope_symbolize::{CodeOffset, FuncIndex};

/// A message that can't be what a recorder wrote, though its checksum is right.
#[derive(Debug)]
pub(super) struct Malformed;

/// A piece of the original module.
#[derive(Serialize, Deserialize)]
pub(super) struct ModulePiece<'a> {
    pub total_bytes: u64,
    pub offset: u64,
    #[serde(serialize_with = "as_bytes")]
    pub bytes: &'a [u8],
}

/// A piece of an attached file.
#[derive(Serialize, Deserialize)]
pub(super) struct AttachmentPiece<'a> {
    pub kind: AttachmentKind,
    pub name: &'a str,
    pub total_bytes: u64,
    pub offset: u64,
    #[serde(serialize_with = "as_bytes")]
    pub bytes: &'a [u8],
}

/// What the program wrote.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct OutputPiece<'a>(#[serde(serialize_with = "as_bytes")] pub &'a [u8]);

/// Rows of [`StackTable`].
#[derive(Serialize, Deserialize)]
pub(super) struct StackColumns {
    pub first_row: u64,
    distance: Vec<u64>,
    kind: Vec<u8>,
    func: Vec<i64>,
    offset: Vec<i64>,
}

/// Rows of [`SampleTable`].
#[derive(Serialize, Deserialize)]
pub(super) struct SampleColumns {
    pub first_row: u64,
    time_nanos: Vec<i64>,
    stack: Vec<i64>,
    weight_nanos: Vec<i64>,
}

/// Rows of [`ContextTable`].
#[derive(Serialize, Deserialize)]
pub(super) struct ContextColumns {
    pub first_row: u64,
    distance: Vec<u64>,
    func: Vec<i64>,
    call_site: Vec<i64>,
}

/// Rows of growth. They are few, and stay rows.
#[derive(Serialize, Deserialize)]
pub(super) struct GrowthRows {
    pub first_row: u64,
    pub rows: Vec<GrowthEvent>,
}

/// Rows of single calls.
#[derive(Serialize, Deserialize)]
pub(super) struct SpanRows {
    pub first_row: u64,
    pub rows: Vec<CallSpan>,
}

/// Rows of calls by slices of time.
#[derive(Serialize, Deserialize)]
pub(super) struct SliceRows {
    pub first_row: u64,
    pub rows: Vec<CallSlice>,
}

/// Rows of [`HeapEvents`].
#[derive(Serialize, Deserialize)]
pub(super) struct HeapColumns {
    pub first_row: u64,
    time_nanos: Vec<i64>,
    op: Vec<u8>,
    address: Vec<i64>,
    size: Vec<u64>,
    old_address: Vec<i64>,
    context: Vec<u64>,
}

/// What [`HeapColumns`] begin with: to be read without the rest.
#[derive(Serialize, Deserialize)]
pub(super) struct HeapBegin {
    pub first_row: u64,
    /// The length of the first column.
    pub rows: u64,
    first_delta: i64,
}

impl HeapBegin {
    /// No message begins with more bytes.
    pub const MAX_BYTES: usize = 30;

    /// When the first operation was.
    pub fn first_nanos(&self) -> u64 {
        self.first_delta as u64
    }
}

/// Rows of [`CountTable`].
#[derive(Serialize, Deserialize)]
pub(super) struct CountColumns {
    context: Vec<i64>,
    calls: Vec<i64>,
    bulk_bytes: Vec<i64>,
}

/// Rows of [`InstructionTable`].
#[derive(Serialize, Deserialize)]
pub(super) struct InstructionColumns {
    context: Vec<i64>,
    start: Vec<i64>,
    end: Vec<i64>,
    count: Vec<i64>,
}

/// Rows of [`AccessTable`].
#[derive(Serialize, Deserialize)]
pub(super) struct AccessColumns {
    line: Vec<i64>,
    reads: Vec<i64>,
    writes: Vec<i64>,
}

impl AccessColumns {
    /// The rows `rows` of `table`.
    pub fn of(table: &AccessTable, rows: Range<usize>) -> Self {
        AccessColumns {
            line: deltas(table.line[rows.clone()].iter().map(|line| u64::from(*line))),
            reads: deltas(table.reads[rows.clone()].iter().copied()),
            writes: deltas(table.writes[rows].iter().copied()),
        }
    }

    /// Appends the rows to `table`.
    pub fn append_to(self, table: &mut AccessTable) -> Result<(), Malformed> {
        let Self { line, reads, writes } = self;
        equal([line.len(), reads.len(), writes.len()])?;
        for (line, counts) in undeltas(&line).zip(undeltas(&reads).zip(undeltas(&writes))) {
            table.push(narrow(line)?, counts.0, counts.1);
        }
        Ok(())
    }
}

impl CountColumns {
    /// The rows `rows` of `table`.
    pub fn of(table: &CountTable, rows: Range<usize>) -> Self {
        CountColumns {
            context: deltas(table.context[rows.clone()].iter().map(|id| u64::from(id.0))),
            calls: deltas(table.calls[rows.clone()].iter().copied()),
            bulk_bytes: deltas(table.bulk_bytes[rows].iter().copied()),
        }
    }

    /// Appends the rows to `table`.
    pub fn append_to(self, table: &mut CountTable) -> Result<(), Malformed> {
        let Self { context, calls, bulk_bytes } = self;
        equal([context.len(), calls.len(), bulk_bytes.len()])?;
        for (context, numbers) in undeltas(&context).zip(undeltas(&calls).zip(undeltas(&bulk_bytes))) {
            table.push(ContextId(narrow(context)?), numbers.0, numbers.1);
        }
        Ok(())
    }
}

impl InstructionColumns {
    /// The rows `rows` of `table`.
    pub fn of(table: &InstructionTable, rows: Range<usize>) -> Self {
        InstructionColumns {
            context: deltas(table.context[rows.clone()].iter().map(|id| u64::from(id.0))),
            start: deltas(table.start[rows.clone()].iter().map(|at| u64::from(at.0))),
            end: deltas(table.end[rows.clone()].iter().map(|at| u64::from(at.0))),
            count: deltas(table.count[rows].iter().copied()),
        }
    }

    /// Appends the rows to `table`.
    pub fn append_to(self, table: &mut InstructionTable) -> Result<(), Malformed> {
        let Self { context, start, end, count } = self;
        equal([context.len(), start.len(), end.len(), count.len()])?;
        let places = undeltas(&start).zip(undeltas(&end));
        for (context, ((start, end), count)) in undeltas(&context).zip(places.zip(undeltas(&count))) {
            let (start, end) = (CodeOffset(narrow(start)?), CodeOffset(narrow(end)?));
            table.push(ContextId(narrow(context)?), start, end, count);
        }
        Ok(())
    }
}

pub(super) fn narrow(number: u64) -> Result<u32, Malformed> {
    u32::try_from(number).map_err(|_| Malformed)
}

impl StackColumns {
    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.kind.len() as u64
    }

    /// The rows `rows` of `table`, of which row 0 is row `table_row` of the file.
    pub fn of(table: &StackTable, rows: Range<usize>, table_row: u64) -> Self {
        let first_row = table_row + rows.start as u64;
        let frames = &table.frame[rows.clone()];
        let parents = table.parent[rows].iter().map(|parent| parent.map(|id| id.0));
        let parts: Vec<_> = frames.iter().map(|frame| frame_parts(*frame)).collect();
        StackColumns {
            first_row,
            distance: distances(parents, first_row),
            kind: parts.iter().map(|(kind, ..)| *kind).collect(),
            func: deltas(parts.iter().map(|(_, func, _)| u64::from(*func))),
            offset: deltas(parts.iter().map(|(.., offset)| u64::from(*offset))),
        }
    }

    /// Appends the rows to `table`, whose length must be `first_row`.
    pub fn append_to(self, table: &mut StackTable) -> Result<(), Malformed> {
        let Self { first_row, distance, kind, func, offset } = self;
        let parents = parents(&distance, first_row)?;
        equal([distance.len(), kind.len(), func.len(), offset.len()])?;
        let columns = kind.iter().zip(undeltas(&func).zip(undeltas(&offset)));
        let frames: Option<Vec<_>> =
            columns.map(|(kind, (func, offset))| frame_of(*kind, func, offset)).collect();
        table.frame.extend(frames.ok_or(Malformed)?);
        table.parent.extend(parents.into_iter().map(|parent| parent.map(StackId)));
        Ok(())
    }
}

impl SampleColumns {
    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.stack.len() as u64
    }

    /// As [`StackColumns::of`].
    pub fn of(table: &SampleTable, rows: Range<usize>, table_row: u64) -> Self {
        SampleColumns {
            first_row: table_row + rows.start as u64,
            time_nanos: deltas(table.time_nanos[rows.clone()].iter().copied()),
            stack: deltas(table.stack[rows.clone()].iter().map(|id| u64::from(id.0))),
            weight_nanos: deltas(table.weight_nanos[rows].iter().copied()),
        }
    }

    /// Appends the rows whose stack is one of the first `stacks`; says how many were left out.
    pub fn append_to(self, table: &mut SampleTable, stacks: usize) -> Result<u64, Malformed> {
        let Self { first_row: _, time_nanos, stack, weight_nanos } = self;
        equal([time_nanos.len(), stack.len(), weight_nanos.len()])?;
        let mut orphans = 0;
        let columns = undeltas(&time_nanos).zip(undeltas(&stack).zip(undeltas(&weight_nanos)));
        for (time, (stack, weight)) in columns {
            match u32::try_from(stack) {
                Ok(id) if (id as usize) < stacks => table.push(time, StackId(id), weight),
                _ => orphans += 1,
            }
        }
        Ok(orphans)
    }
}

impl ContextColumns {
    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.func.len() as u64
    }

    /// As [`StackColumns::of`].
    pub fn of(table: &ContextTable, rows: Range<usize>, table_row: u64) -> Self {
        let first_row = table_row + rows.start as u64;
        let parents = table.parent[rows.clone()].iter().map(|parent| parent.map(|id| id.0));
        let sites = table.call_site[rows.clone()].iter();
        ContextColumns {
            first_row,
            distance: distances(parents, first_row),
            func: deltas(table.func[rows].iter().map(|func| u64::from(func.0))),
            call_site: deltas(sites.map(|site| optional(site.map(|offset| offset.0)))),
        }
    }

    /// As [`StackColumns::append_to`].
    pub fn append_to(self, table: &mut ContextTable) -> Result<(), Malformed> {
        let Self { first_row, distance, func, call_site } = self;
        let parents = parents(&distance, first_row)?;
        equal([distance.len(), func.len(), call_site.len()])?;
        let funcs: Option<Vec<_>> = undeltas(&func).map(|f| u32::try_from(f).ok()).collect();
        let sites: Option<Vec<_>> = undeltas(&call_site).map(from_optional).collect();
        let (funcs, sites) = funcs.zip(sites).ok_or(Malformed)?;
        table.func.extend(funcs.into_iter().map(FuncIndex));
        table.call_site.extend(sites.into_iter().map(|site| site.map(CodeOffset)));
        table.parent.extend(parents.into_iter().map(|parent| parent.map(ContextId)));
        Ok(())
    }
}

impl HeapColumns {
    /// How many columns there are.
    pub const COUNT: usize = 6;

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.op.len() as u64
    }

    /// As [`StackColumns::of`].
    pub fn of(table: &HeapEvents, rows: Range<usize>, table_row: u64) -> Self {
        let contexts = table.context[rows.clone()].iter();
        HeapColumns {
            first_row: table_row + rows.start as u64,
            time_nanos: deltas(table.time_nanos[rows.clone()].iter().copied()),
            op: table.op[rows.clone()].iter().map(|op| op_code(*op)).collect(),
            address: deltas(table.address[rows.clone()].iter().copied()),
            size: table.size[rows.clone()].to_vec(),
            old_address: deltas(table.old_address[rows].iter().copied()),
            context: contexts.map(|id| optional(id.map(|id| id.0))).collect(),
        }
    }

    /// The rows. Where a context is none of the first `contexts`, the row has none; says how many these are.
    pub fn events(self, contexts: usize) -> Result<(HeapRows, u64), Malformed> {
        let Self { first_row: _, time_nanos, op, address, size, old_address, context } = self;
        let lengths = [time_nanos.len(), op.len(), address.len(), size.len(), old_address.len()];
        equal(lengths)?;
        equal([op.len(), context.len()])?;
        let mut orphans = 0;
        let mut rows = HeapRows::with_capacity(op.len());
        let places = undeltas(&address).zip(undeltas(&old_address)).zip(size);
        let kinds = op.iter().zip(context).zip(undeltas(&time_nanos));
        for (((op, context), time_nanos), ((address, old_address), size)) in kinds.zip(places) {
            let op = op_of(*op).ok_or(Malformed)?;
            let id = from_optional(context).ok_or(Malformed)?.map(ContextId);
            let context = known_context(id, contexts, &mut orphans);
            rows.push(HeapEvent { time_nanos, op, address, size, old_address, context });
        }
        Ok((rows, orphans))
    }
}

/// `id` if it is one of the first `contexts`; otherwise counts it as an orphan.
pub(super) fn known_context(id: Option<ContextId>, contexts: usize, orphans: &mut u64) -> Option<ContextId> {
    let known = id.filter(|id| (id.0 as usize) < contexts);
    *orphans += u64::from(known != id);
    known
}

/// The same message as serde's own, which would go through it byte by byte.
pub(super) fn as_bytes<S: Serializer>(bytes: &&[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

fn frame_parts(frame: StackFrame) -> (u8, u32, u32) {
    match frame {
        StackFrame::Wasm { func, offset } => (0, func.0, offset.0),
        StackFrame::Host { import } => (1, import.0, 0),
        StackFrame::Engine => (2, 0, 0),
    }
}

fn frame_of(kind: u8, func: u64, offset: u64) -> Option<StackFrame> {
    let func = FuncIndex(u32::try_from(func).ok()?);
    let offset = CodeOffset(u32::try_from(offset).ok()?);
    match kind {
        0 => Some(StackFrame::Wasm { func, offset }),
        1 => Some(StackFrame::Host { import: func }),
        2 => Some(StackFrame::Engine),
        _ => None,
    }
}

const fn op_code(op: HeapOp) -> u8 {
    match op {
        HeapOp::Alloc => 0,
        HeapOp::Free => 1,
        HeapOp::Realloc => 2,
    }
}

const fn op_of(code: u8) -> Option<HeapOp> {
    match code {
        0 => Some(HeapOp::Alloc),
        1 => Some(HeapOp::Free),
        2 => Some(HeapOp::Realloc),
        _ => None,
    }
}

pub(super) fn optional(id: Option<u32>) -> u64 {
    id.map_or(0, |id| u64::from(id) + 1)
}

/// `None` where `code` is no optional id at all.
pub(super) fn from_optional(code: u64) -> Option<Option<u32>> {
    code.checked_sub(1).map(|id| u32::try_from(id).ok()).map_or(Some(None), |id| id.map(Some))
}

pub(super) fn deltas(values: impl Iterator<Item = u64>) -> Vec<i64> {
    let mut before = 0;
    values.map(|value| value.wrapping_sub(std::mem::replace(&mut before, value)) as i64).collect()
}

pub(super) fn undeltas(deltas: &[i64]) -> impl Iterator<Item = u64> {
    deltas.iter().scan(0u64, |value, delta| {
        *value = value.wrapping_add(*delta as u64);
        Some(*value)
    })
}

/// How many rows each parent stands before its child, which is in row `first_row` and following; 0 for none.
fn distances(parents: impl Iterator<Item = Option<u32>>, first_row: u64) -> Vec<u64> {
    let rows = first_row..;
    rows.zip(parents).map(|(row, parent)| parent.map_or(0, |id| row.saturating_sub(u64::from(id)))).collect()
}

/// The parents again. Each stands before its child, and every row has an id.
fn parents(distances: &[u64], first_row: u64) -> Result<Vec<Option<u32>>, Malformed> {
    let end = first_row.checked_add(distances.len() as u64).ok_or(Malformed)?;
    u32::try_from(end).map_err(|_| Malformed)?;
    let parent = |(row, distance): (u64, &u64)| match distance {
        0 => Ok(None),
        distance => row.checked_sub(*distance).map(|id| Some(id as u32)).ok_or(Malformed),
    };
    (first_row..).zip(distances).map(parent).collect()
}

pub(super) fn equal<const N: usize>(lengths: [usize; N]) -> Result<(), Malformed> {
    let same = lengths.windows(2).all(|pair| pair[0] == pair[1]);
    same.then_some(()).ok_or(Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deltas_wrap_and_come_back() {
        for values in [vec![], vec![5], vec![0, u64::MAX, 1, u64::MAX / 2], vec![7, 7, 3]] {
            let back: Vec<u64> = undeltas(&deltas(values.iter().copied())).collect();
            assert_eq!(back, values);
        }
    }

    #[test]
    fn a_parent_behind_its_child_is_malformed() {
        assert_eq!(parents(&[0, 1, 2], 0).unwrap(), [None, Some(0), Some(0)]);
        assert!(parents(&[1], 0).is_err(), "before the first row");
        assert!(parents(&[0], u64::MAX).is_err(), "rows beyond all ids");
    }

    #[test]
    fn columns_of_unequal_length_are_malformed() {
        let columns =
            SampleColumns { first_row: 0, time_nanos: vec![1, 2], stack: vec![0], weight_nanos: vec![1] };
        assert!(columns.append_to(&mut SampleTable::default(), 1).is_err());
    }

    /// A change here is a change of the format: it needs a new `FORMAT_VERSION` and a reader for the old one.
    #[test]
    fn messages_are_these_bytes() {
        let mut stacks = StackTable::default();
        let offset = CodeOffset(300);
        let outer = stacks.push(None, StackFrame::Wasm { func: FuncIndex(9), offset });
        stacks.push(Some(outer), StackFrame::Host { import: FuncIndex(2) });
        let bytes = postcard::to_stdvec(&StackColumns::of(&stacks, 0..2, 0)).unwrap();
        assert_eq!(bytes, [0, 2, 0, 1, 2, 0, 1, 2, 18, 13, 2, 0xd8, 4, 0xd7, 4]);

        let mut samples = SampleTable::default();
        samples.push(1_000, StackId(1), 10);
        samples.push(1_064, StackId(0), 10);
        let bytes = postcard::to_stdvec(&SampleColumns::of(&samples, 0..2, 5)).unwrap();
        assert_eq!(bytes, [5, 2, 0xd0, 0xf, 0x80, 1, 2, 2, 1, 2, 20, 0]);
    }
}
