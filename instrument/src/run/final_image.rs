//! What stands in the guest's memories when the run is over, handed on a piece at a time.

use super::guest::GuestState;
use super::guest_memories::PagesSeen;
use super::message::{Message, MessageSender};
use super::page_set::PageSet;
use crate::recording::ImagePart;
use wasmscope_symbolize::{DataKind, MemoryIndex, ModuleIndex};
use wasmtime::Store;

/// The most bytes of all memories together that are kept, zeros not counted.
const MOST_BYTES: usize = 256 << 20;
/// A message has about so many.
const PART_BYTES: usize = 1 << 20;
/// What is looked at together, and left out where it is zeros.
const UNIT_BYTES: usize = 4_096;

/// Hands on the content of all memories, of which those pages are `touched` that are not as the module has them. Gives
/// the size of what there was no room for.
///
/// Pages that nobody touched are not read, since the operating system would find memory for them; but data that the
/// module puts into memory need not have been touched to be there.
pub fn ship_images(store: &Store<GuestState>, touched: &PagesSeen) -> u64 {
    let watch = &store.data().watch;
    let page_bytes = u64::from(touched.page_bytes);
    let (mut room, mut left_out) = (MOST_BYTES, 0);
    for (memory, own) in watch.memories.iter() {
        let bytes = own.data(store);
        let data = data_units(&watch.places.index, memory, bytes.len());
        let pages = touched.of(memory);
        let is_filled = |at: u64| {
            pages.is_none_or(|pages| pages.has(at / page_bytes)) || data.has(at / UNIT_BYTES as u64)
        };
        left_out += ship(memory, bytes, is_filled, &mut room, &watch.messages);
    }
    left_out
}

/// Hands on the content of one memory, as far as there is `room`; says how much there was no room for. Units that
/// aren't filled are zeros.
fn ship(
    memory: MemoryIndex,
    bytes: &[u8],
    is_filled: impl Fn(u64) -> bool,
    room: &mut usize,
    messages: &MessageSender,
) -> u64 {
    let size = bytes.len() as u64;
    let mut part = ImagePart::new(memory, size, 0);
    for (at, unit) in (0..).step_by(UNIT_BYTES).zip(bytes.chunks(UNIT_BYTES)) {
        if !is_filled(at) || unit.iter().all(|byte| *byte == 0) {
            continue;
        }
        let Some(left) = room.checked_sub(unit.len()) else {
            part.to = at;
            messages.send(Message::Image(part));
            return size - at;
        };
        *room = left;
        part.push(at, unit);
        if part.content.len() >= PART_BYTES {
            let next = ImagePart::new(memory, size, part.to);
            messages.send(Message::Image(std::mem::replace(&mut part, next)));
        }
    }
    part.to = size;
    messages.send(Message::Image(part));
    0
}

/// The units of a memory of `bytes` bytes in which data of the module's own lies.
fn data_units(index: &ModuleIndex, memory: MemoryIndex, bytes: usize) -> PageSet {
    let mut units = vec![false; bytes.div_ceil(UNIT_BYTES)];
    for segment in index.data_segments() {
        let DataKind::Active { memory: own, offset: Some(offset) } = segment.kind else { continue };
        let end = offset.saturating_add(segment.bytes.end.0 - segment.bytes.start.0).min(bytes as u64);
        if own == memory && offset < end {
            let range = offset as usize / UNIT_BYTES..(end as usize).div_ceil(UNIT_BYTES);
            units.get_mut(range).unwrap_or_default().fill(true);
        }
    }
    units.into_iter().collect()
}
