//! The messages of what is known of memory beside its blocks: touched pages, content, the shadow stack.

use super::wire::{
    Malformed, as_bytes, deltas, equal, from_optional, known_context, narrow, optional, undeltas,
};
use super::{ContextId, ImagePart, MemoryImage, PageSource, PageTable, ShadowStack, StackLow, TouchedPages};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use wasmscope_symbolize::MemoryIndex;

/// Rows of [`PageTable`].
#[derive(Serialize, Deserialize)]
pub(super) struct PageColumns {
    page_bytes: u32,
    source: PageSource,
    time_nanos: Vec<i64>,
    memory: Vec<i64>,
    first_page: Vec<i64>,
    pages: Vec<i64>,
}

impl PageColumns {
    /// The rows `rows` of `table`.
    pub fn of(table: &PageTable, rows: Range<usize>) -> Self {
        PageColumns {
            page_bytes: table.page_bytes,
            source: table.source,
            time_nanos: deltas(table.time_nanos[rows.clone()].iter().copied()),
            memory: deltas(table.memory[rows.clone()].iter().map(|memory| u64::from(memory.0))),
            first_page: deltas(table.first_page[rows.clone()].iter().copied()),
            pages: deltas(table.pages[rows].iter().copied()),
        }
    }

    /// Appends the rows to `table`. No address that they tell is out of range.
    pub fn append_to(self, table: &mut PageTable) -> Result<(), Malformed> {
        let Self { page_bytes, source, time_nanos, memory, first_page, pages } = self;
        equal([time_nanos.len(), memory.len(), first_page.len(), pages.len()])?;
        page_bytes.is_power_of_two().then_some(()).ok_or(Malformed)?;
        (table.page_bytes, table.source) = (page_bytes, source);
        let runs = undeltas(&first_page).zip(undeltas(&pages));
        for ((time_nanos, memory), (first_page, pages)) in
            undeltas(&time_nanos).zip(undeltas(&memory)).zip(runs)
        {
            let end = first_page.checked_add(pages).and_then(|end| end.checked_mul(u64::from(page_bytes)));
            end.ok_or(Malformed)?;
            table.push(TouchedPages { time_nanos, memory: MemoryIndex(narrow(memory)?), first_page, pages });
        }
        Ok(())
    }
}

/// A stretch of a memory's content.
#[derive(Serialize, Deserialize)]
pub(super) struct ImageStretch<'a> {
    memory: u32,
    memory_bytes: u64,
    from: u64,
    to: u64,
    address: Vec<i64>,
    length: Vec<u64>,
    #[serde(serialize_with = "as_bytes")]
    content: &'a [u8],
}

impl<'a> ImageStretch<'a> {
    pub fn of(part: &'a ImagePart) -> Self {
        let ImagePart { memory, memory_bytes, from, to, runs, content } = part;
        ImageStretch {
            memory: memory.0,
            memory_bytes: *memory_bytes,
            from: *from,
            to: *to,
            address: deltas(runs.iter().map(|(address, _)| *address)),
            length: runs.iter().map(|(_, length)| *length).collect(),
            content,
        }
    }

    /// Appends the stretch to the image of its memory. Is it the one that comes next? Otherwise it is left out.
    pub fn append_to(self, images: &mut Vec<MemoryImage>) -> Result<bool, Malformed> {
        let Self { memory, memory_bytes, from, to, address, length, mut content } = self;
        equal([address.len(), length.len()])?;
        let memory = MemoryIndex(memory);
        let known = images.iter().position(|image| image.memory == memory);
        let known_bytes = known.and_then(|at| images.get(at)).map_or(0, |image| image.known_bytes);
        if from != known_bytes {
            return Ok(false);
        }
        let (mut pieces, mut end) = (Vec::new(), from);
        for (address, length) in undeltas(&address).zip(&length) {
            let length = usize::try_from(*length).map_err(|_| Malformed)?;
            let (piece, rest) = content.split_at_checked(length).ok_or(Malformed)?;
            (address >= end).then_some(()).ok_or(Malformed)?;
            end = address.checked_add(length as u64).ok_or(Malformed)?;
            pieces.push((address, piece.into()));
            content = rest;
        }
        let fits = end <= to && to <= memory_bytes && content.is_empty();
        fits.then_some(()).ok_or(Malformed)?;
        let image = match known.and_then(|at| images.get_mut(at)) {
            Some(image) if image.bytes == memory_bytes => image,
            Some(_) => return Err(Malformed),
            None => images.push_mut(MemoryImage::new(memory, memory_bytes)),
        };
        image.known_bytes = to;
        image.pieces.append(&mut pieces);
        Ok(true)
    }
}

/// Rows of [`ShadowStack`], and what stands above them.
#[derive(Serialize, Deserialize)]
pub(super) struct ShadowStackColumns {
    memory: u32,
    global: u32,
    top: u64,
    lowest: u64,
    low_nanos: Vec<i64>,
    low_pointer: Vec<i64>,
    low_context: Vec<u64>,
    depth_nanos: Vec<i64>,
    depth_pointer: Vec<i64>,
}

impl ShadowStackColumns {
    pub fn of(stack: &ShadowStack) -> Self {
        let ShadowStack { memory, global, top, lowest, lows, depths } = stack;
        ShadowStackColumns {
            memory: memory.0,
            global: *global,
            top: *top,
            lowest: *lowest,
            low_nanos: deltas(lows.iter().map(|low| low.time_nanos)),
            low_pointer: deltas(lows.iter().map(|low| low.pointer)),
            low_context: lows.iter().map(|low| optional(low.context.map(|id| id.0))).collect(),
            depth_nanos: deltas(depths.iter().map(|(time_nanos, _)| *time_nanos)),
            depth_pointer: deltas(depths.iter().map(|(_, pointer)| *pointer)),
        }
    }

    /// Appends the rows to those of `stack`, and takes the rest over. Where a context is none of the first `contexts`,
    /// the row has none; says how many these are.
    pub fn append_to(self, stack: &mut Option<ShadowStack>, contexts: usize) -> Result<u64, Malformed> {
        let Self { low_nanos, low_pointer, low_context, depth_nanos, depth_pointer, .. } = self;
        equal([low_nanos.len(), low_pointer.len(), low_context.len()])?;
        equal([depth_nanos.len(), depth_pointer.len()])?;
        let ids: Option<Vec<_>> = low_context.iter().map(|code| from_optional(*code)).collect();
        let (memory, global) = (MemoryIndex(self.memory), self.global);
        let stack = stack.get_or_insert_with(|| ShadowStack::new(memory, global, self.top));
        (stack.memory, stack.global, stack.top, stack.lowest) = (memory, global, self.top, self.lowest);
        let mut orphans = 0;
        let places = undeltas(&low_nanos).zip(undeltas(&low_pointer));
        let lows = places.zip(ids.ok_or(Malformed)?).map(|((time_nanos, pointer), id)| {
            let context = known_context(id.map(ContextId), contexts, &mut orphans);
            StackLow { time_nanos, pointer, context }
        });
        stack.lows.extend(lows);
        stack.depths.extend(undeltas(&depth_nanos).zip(undeltas(&depth_pointer)));
        Ok(orphans)
    }
}
