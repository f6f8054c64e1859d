//! The tables of what is known of memory beside its blocks, in files made at random.

use super::file::{ChunkHead, Kind};
use super::roundtrip::{Dice, chunk_starts, meta};
use super::*;
use wasmscope_symbolize::MemoryIndex;

/// Adds rows to `batch`, that goes on where `so_far` ends, and to that.
pub(super) fn add(dice: &mut Dice, so_far: &mut Recording, batch: &mut Batch) {
    if dice.below(2) == 0 {
        let part = random_stretch(dice, &so_far.images);
        append_stretch(&mut so_far.images, &part);
        batch.images.push(part);
    }
    if dice.below(2) == 0 {
        let part = random_shadow_stack(dice, so_far.contexts.len());
        let all = so_far.shadow_stack.get_or_insert_with(|| ShadowStack::new(part.memory, 0, part.top));
        all.lowest = part.lowest;
        all.lows.extend_from_slice(&part.lows);
        all.depths.extend_from_slice(&part.depths);
        batch.shadow_stack = Some(part);
    }
    batch.pages = (dice.below(2) == 0).then(|| random_pages(dice));
    if let Some(pages) = &batch.pages {
        let all = so_far.pages.get_or_insert_with(|| PageTable::new(4_096, PageSource::NonZero));
        pages.iter().for_each(|row| all.push(row));
    }
}

fn random_shadow_stack(dice: &mut Dice, contexts: usize) -> ShadowStack {
    let mut stack = ShadowStack::new(MemoryIndex(0), 0, 1 << 20);
    stack.lowest = dice.number();
    stack.depths = (0..dice.below(9)).map(|_| (dice.number(), dice.number())).collect();
    stack.lows = (0..dice.below(9))
        .map(|_| StackLow {
            time_nanos: dice.number(),
            pointer: dice.number(),
            context: dice.id(contexts).map(ContextId),
        })
        .collect();
    stack
}

/// A stretch of one of two memories of 2^33 bytes, that goes on where `images` end.
fn random_stretch(dice: &mut Dice, images: &[MemoryImage]) -> ImagePart {
    let memory = MemoryIndex(dice.below(2) as u32);
    let from = images.iter().find(|image| image.memory == memory).map_or(0, |image| image.known_bytes);
    let mut part = ImagePart::new(memory, 1 << 33, from);
    for _ in 0..dice.below(4) {
        let content: Vec<u8> = (0..=dice.below(300)).map(|_| dice.next() as u8).collect();
        part.push(part.to + dice.below(1 << 20), &content);
    }
    part.to += dice.below(5_000);
    part
}

fn append_stretch(images: &mut Vec<MemoryImage>, part: &ImagePart) {
    if images.iter().all(|image| image.memory != part.memory) {
        images.push(MemoryImage::new(part.memory, part.memory_bytes));
    }
    let image = images.iter_mut().find(|image| image.memory == part.memory).unwrap();
    let mut content = part.content.as_slice();
    for (address, length) in &part.runs {
        image.pieces.push((*address, content.split_off(..*length as usize).unwrap().into()));
    }
    image.known_bytes = part.to;
}

fn random_pages(dice: &mut Dice) -> PageTable {
    let mut pages = PageTable::new(4_096, PageSource::NonZero);
    for _ in 0..dice.below(5) {
        let (time_nanos, memory) = (dice.number(), MemoryIndex(dice.below(3) as u32));
        let (first_page, pages_touched) = (dice.below(1 << 40), 1 + dice.below(1 << 40));
        pages.push(TouchedPages { time_nanos, memory, first_page, pages: pages_touched });
    }
    pages
}

fn is_image_prefix(part: &MemoryImage, whole: &MemoryImage) -> bool {
    part.memory == whole.memory
        && part.known_bytes <= whole.known_bytes
        && whole.pieces.starts_with(&part.pieces)
        && whole.pieces.get(part.pieces.len()).is_none_or(|(address, _)| *address >= part.known_bytes)
}

/// Is each of these tables of `part` the beginning of `whole`'s?
pub(super) fn is_prefix(part: &Recording, whole: &Recording) -> bool {
    let pages =
        |recording: &Recording| -> Vec<_> { recording.pages.iter().flat_map(PageTable::iter).collect() };
    let lows = |recording: &Recording| -> Vec<_> {
        recording.shadow_stack.iter().flat_map(|stack| stack.lows.clone()).collect()
    };
    pages(whole).starts_with(&pages(part))
        && lows(whole).starts_with(&lows(part))
        && part.images.iter().all(|image| whole.images.iter().any(|all| is_image_prefix(image, all)))
}

#[test]
fn content_behind_a_lost_stretch_is_not_known() {
    let memory = MemoryIndex(0);
    let stretch = |from: u64| {
        let mut part = ImagePart::new(memory, 3 << 16, from);
        part.push(from + 10, b"content");
        ImagePart { to: from + (1 << 16), ..part }
    };
    let mut file = Vec::new();
    let mut writer = Writer::new(&mut file, &meta(), b"module").unwrap();
    let images = (0..3).map(|part| stretch(part << 16)).collect();
    writer.write(&Batch { images, ..Batch::default() }).unwrap();
    let whole = read(&file).unwrap();
    assert_eq!((whole.damage, whole.images[0].known_bytes), (None, 3 << 16));
    let (lost, _) =
        chunk_starts(&file).into_iter().filter(|(_, head)| head.kind == Kind::IMAGES).nth(1).unwrap();
    file[lost + ChunkHead::BYTES + 2] ^= 1;
    let found = read(&file).unwrap();
    let [image] = found.images.as_slice() else { panic!("{:?}", found.images) };
    assert_eq!((image.known_bytes, image.pieces.len()), (1 << 16, 1));
    assert_eq!(image.read(10, 7).unwrap(), b"content");
    let damage = found.damage.unwrap().message;
    assert!(damage.contains("1 stretches of memory content were left out"), "{damage}");
}
