//! The file as a whole: what is written reads back, and what is broken is left out and told.

use super::file::{ChunkHead, FILE_HEAD_BYTES, Kind};
use super::*;
use std::io::{self, Read, Write};
use wasmscope_symbolize::{CodeOffset, FuncIndex, MemoryIndex};

/// A generator that gives the same numbers on every machine (splitmix64).
pub(super) struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// Mostly small, now and then anything.
    pub fn number(&mut self) -> u64 {
        if self.below(8) == 0 { self.next() } else { self.below(100_000) }
    }

    pub fn id(&mut self, rows: usize) -> Option<u32> {
        (rows > 0 && self.below(4) > 0).then(|| self.below(rows as u64) as u32)
    }

    fn frame(&mut self) -> StackFrame {
        let func = FuncIndex(self.next() as u32);
        match self.below(4) {
            0 => StackFrame::Host { import: func },
            1 => StackFrame::Engine,
            _ => StackFrame::Wasm { func, offset: CodeOffset(self.next() as u32) },
        }
    }
}

pub(super) fn meta() -> Meta {
    Meta {
        module_name: "a.wasm".into(),
        args: vec!["-v".into(), "ü\0".into()],
        invoked: Some("fib(30)".into()),
        created_unix_millis: 1_700_000_000_000,
        rate_hz: 1_000,
        sampler: SamplerKind::Signal,
        allocators: vec![Allocator {
            func: FuncIndex(3),
            name: "malloc".into(),
            op: HeapOp::Alloc,
            memory: MemoryIndex(0),
            family: AllocatorFamily::Dlmalloc,
            known_by: KnownBy::Export,
            frees: Frees::Collected,
        }],
        ..Meta::default()
    }
}

/// A batch that goes on where `so_far` ends, appended to it too.
fn random_batch(dice: &mut Dice, so_far: &mut Recording, rows: u64) -> Batch {
    let mut batch = Batch::default();
    for _ in 0..dice.below(rows) {
        let (parent, frame) = (dice.id(so_far.stacks.len()).map(StackId), dice.frame());
        so_far.stacks.push(parent, frame);
        batch.stacks.parent.push(parent);
        batch.stacks.frame.push(frame);
        let (parent, func) = (dice.id(so_far.contexts.len()).map(ContextId), FuncIndex(dice.next() as u32));
        let site = dice.id(usize::MAX >> 32).map(CodeOffset);
        so_far.contexts.push(parent, func, site);
        batch.contexts.parent.push(parent);
        batch.contexts.func.push(func);
        batch.contexts.call_site.push(site);
    }
    for _ in 0..dice.below(rows) {
        if let Some(stack) = dice.id(so_far.stacks.len()) {
            let (time, weight) = (dice.number(), dice.number());
            so_far.samples.push(time, StackId(stack), weight);
            batch.samples.push(time, StackId(stack), weight);
        }
        let event = HeapEvent {
            time_nanos: dice.number(),
            op: [HeapOp::Alloc, HeapOp::Free, HeapOp::Realloc][dice.below(3) as usize],
            address: dice.number(),
            size: dice.number(),
            old_address: dice.number(),
            context: dice.id(so_far.contexts.len()).map(ContextId),
        };
        so_far.heap.push(event);
        batch.heap.push(event);
        batch.output.extend_from_slice(&dice.next().to_le_bytes());
    }
    for _ in 0..dice.below(4) {
        batch.growth.push(GrowthEvent {
            time_nanos: dice.number(),
            memory: MemoryIndex(dice.below(2) as u32),
            before_pages: dice.number(),
            asked_pages: dice.number(),
            granted: dice.below(2) == 0,
            context: dice.id(so_far.contexts.len()).map(ContextId),
            site: dice.id(1_000).map(CodeOffset),
        });
        let (start_nanos, end_nanos) = (dice.number(), dice.number());
        let (direction, func) = (Direction::HostToGuest, FuncIndex(dice.below(9) as u32));
        let (duration_nanos, depth) = (dice.number(), dice.below(9) as u32);
        batch.spans.push(CallSpan { start_nanos, duration_nanos, direction, func, depth });
        let (width_nanos, calls, total_nanos) = (dice.number(), dice.number(), dice.number());
        batch.slices.push(CallSlice { start_nanos, width_nanos, direction, func, calls, total_nanos });
        batch.phases.push(PhaseSpan { phase: Phase::Run, start_nanos, end_nanos });
    }
    roundtrip_memory::add(dice, so_far, &mut batch);
    batch.calls = Some(*so_far.calls.insert(CallTimes { calls: dice.number(), ..CallTimes::default() }));
    let crossing_nanos = dice.number() as f64;
    batch.calibration =
        Some(*so_far.calibration.insert(Calibration { crossing_nanos, ..Calibration::default() }));
    batch.time = Some(*so_far.time.insert(RunTime { guest_nanos: dice.number(), ..RunTime::default() }));
    batch.crossings = (dice.below(2) == 0).then(|| random_crossings(dice, so_far.contexts.len()));
    so_far.growth.extend_from_slice(&batch.growth);
    so_far.spans.extend_from_slice(&batch.spans);
    so_far.slices.extend_from_slice(&batch.slices);
    so_far.phases.extend_from_slice(&batch.phases);
    so_far.output.extend_from_slice(&batch.output);
    so_far.crossings = batch.crossings.clone().unwrap_or(std::mem::take(&mut so_far.crossings));
    batch
}

fn random_crossings(dice: &mut Dice, contexts: usize) -> CrossingTable {
    let mut durations = DurationHistogram::default();
    (0..dice.below(9)).for_each(|_| durations.add(dice.number()));
    let crossing = Crossing {
        direction: Direction::GuestToHost,
        func: FuncIndex(dice.below(9) as u32),
        calls: dice.number(),
        total_nanos: dice.number(),
        self_nanos: dice.number(),
        bytes_out: None,
        bytes_in: Some(dice.number()),
        first_nanos: dice.number(),
        last_nanos: dice.number(),
        durations,
    };
    let site = SiteCrossings {
        import: crossing.func,
        context: dice.id(contexts).map(ContextId),
        site: Some(CodeOffset(7)),
        calls: 1,
        total_nanos: 2,
        bytes: Some(3),
    };
    CrossingTable { functions: vec![crossing], sites: vec![site], reentry_depth: 2 }
}

/// A file of `batches` random batches, what it should read as, and the length of the file after each batch.
pub(super) fn random_file(seed: u64, batches: usize, rows: u64) -> (Vec<u8>, Recording, Vec<usize>) {
    let mut dice = Dice(seed);
    let module: Vec<u8> = (0..dice.below(rows * 8) + 1).map(|_| dice.next() as u8).collect();
    let mut expected = Recording { meta: meta(), module: module.clone().into(), ..Recording::default() };
    let mut file = Vec::new();
    let mut writer = Writer::new(&mut file, &expected.meta, &module).unwrap();
    let mut written: Vec<Batch> =
        (0..batches).map(|_| random_batch(&mut dice, &mut expected, rows)).collect();
    expected.outcome = Outcome::Trapped {
        message: "unreachable".into(),
        frames: vec![TrapFrame { func: FuncIndex(1), offset: Some(CodeOffset(9)) }],
    };
    expected.meta.warnings.push("no allocator is known".into());
    written.push(Batch {
        meta: Some(expected.meta.clone()),
        outcome: Some(expected.outcome.clone()),
        ..Batch::default()
    });
    written.iter().for_each(|batch| writer.write(batch).unwrap());
    let starts = chunk_starts(&file).into_iter();
    let ends = starts.map(|(at, head)| at + ChunkHead::BYTES + head.stored_bytes as usize).collect();
    (file, expected, ends)
}

pub(super) fn chunk_starts(file: &[u8]) -> Vec<(usize, ChunkHead)> {
    let mut at = FILE_HEAD_BYTES;
    let next = || {
        let head = ChunkHead::parse(&file[at..])?;
        let start = at;
        at += ChunkHead::BYTES + head.stored_bytes as usize;
        Some((start, head))
    };
    std::iter::from_fn(next).collect()
}

/// Is each table of `part` the beginning of `whole`'s?
fn is_prefix(part: &Recording, whole: &Recording) -> bool {
    whole.stacks.frame.starts_with(&part.stacks.frame)
        && whole.stacks.parent.starts_with(&part.stacks.parent)
        && whole.contexts.func.starts_with(&part.contexts.func)
        && whole.contexts.parent.starts_with(&part.contexts.parent)
        && whole.samples.iter().take(part.samples.len()).eq(part.samples.iter())
        && whole.heap.iter().take(part.heap.len()).eq(part.heap.iter())
        && whole.growth.starts_with(&part.growth)
        && roundtrip_memory::is_prefix(part, whole)
        && whole.spans.starts_with(&part.spans)
        && whole.slices.starts_with(&part.slices)
        && whole.phases.starts_with(&part.phases)
        && whole.output.starts_with(&part.output)
}

/// Do all ids point at rows that are there, parents before children, in columns of equal length?
fn assert_sound(recording: &Recording) {
    let Recording { stacks, samples, contexts, crossings, growth, heap, shadow_stack, .. } = recording;
    assert_eq!(stacks.parent.len(), stacks.frame.len());
    for (row, parent) in stacks.parent.iter().enumerate() {
        assert!(parent.is_none_or(|id| (id.0 as usize) < row));
    }
    assert_eq!((contexts.parent.len(), contexts.call_site.len()), (contexts.len(), contexts.len()));
    for (row, parent) in contexts.parent.iter().enumerate() {
        assert!(parent.is_none_or(|id| (id.0 as usize) < row));
    }
    assert_eq!((samples.time_nanos.len(), samples.weight_nanos.len()), (samples.len(), samples.len()));
    assert!(samples.stack.iter().all(|id| (id.0 as usize) < stacks.len()));
    let known = |id: Option<ContextId>| id.is_none_or(|id| (id.0 as usize) < contexts.len());
    assert_eq!(heap.iter().filter(|event| known(event.context)).count(), heap.len());
    assert!(growth.iter().all(|event| known(event.context)));
    assert!(shadow_stack.iter().flat_map(|stack| &stack.lows).all(|low| known(low.context)));
    assert!(crossings.sites.iter().all(|site| known(site.context)));
}

#[test]
fn random_recordings_come_back_as_they_were() {
    for seed in 0..200 {
        let (file, expected, _) = random_file(seed, 4, 60);
        assert_eq!(read(&file).unwrap(), expected, "seed {seed}");
    }
}

#[test]
fn tables_larger_than_a_chunk_come_back() {
    let (file, expected, ends) = random_file(7, 2, 200_000);
    assert!(ends.len() > 20 && expected.heap.len() > 100_000, "{} chunks", ends.len());
    let found = read(&file).unwrap();
    let tail = &expected.output[expected.output.len().saturating_sub(1 << 20)..];
    assert_eq!(found, Recording { output: tail.to_vec(), ..expected });
}

#[test]
fn a_file_begins_with_these_bytes() {
    let mut file = Vec::new();
    Writer::new(&mut file, &Meta::default(), b"\0asm").unwrap();
    assert_eq!(file[..20], *b"wscope\r\n\x01\0\0\0\xF5wscMETA");
}

#[test]
fn a_cut_at_any_byte_leaves_what_was_whole() {
    let (file, whole, ends) = random_file(1, 3, 12);
    for len in 0..file.len() {
        let Ok(found) = read(&file[..len]) else {
            assert!(len < FILE_HEAD_BYTES, "{len}");
            continue;
        };
        assert_sound(&found);
        assert!(is_prefix(&found, &whole), "{len}");
        let at_chunk = len == FILE_HEAD_BYTES || ends.contains(&len);
        let cut_said =
            found.damage.as_ref().is_some_and(|damage| damage.message.contains("the file ends inside"));
        assert_eq!(cut_said, !at_chunk, "{len}: {:?}", found.damage);
        assert_eq!(found.outcome == Outcome::Unknown, len < file.len(), "{len}");
    }
}

#[test]
fn any_flipped_byte_is_noticed_and_costs_one_chunk() {
    let (file, whole, _) = random_file(2, 3, 12);
    for at in FILE_HEAD_BYTES..file.len() {
        let mut harmed = file.clone();
        harmed[at] ^= 1 << (at % 8);
        let found = read(&harmed).unwrap();
        assert_sound(&found);
        let damage = found.damage.as_ref().expect("each byte is under a checksum");
        assert!(damage.file_offset as usize <= at, "{at}: {damage:?}");
        let lost = |part: usize, all: usize| usize::from(part < all);
        let tables = lost(found.growth.len(), whole.growth.len()) + lost(found.heap.len(), whole.heap.len());
        assert!(tables <= 1, "{at}: {damage:?}");
    }
}

#[test]
fn random_harm_never_panics() {
    let (file, ..) = random_file(3, 3, 20);
    let mut dice = Dice(99);
    for _ in 0..3_000 {
        let mut harmed = file.clone();
        for _ in 0..=dice.below(12) {
            let at = dice.below(harmed.len() as u64) as usize;
            match dice.below(4) {
                0 => drop(harmed.drain(at..(at + dice.below(40) as usize).min(harmed.len()))),
                1 => drop(harmed.splice(at..at, dice.next().to_le_bytes())),
                _ => harmed[at] = dice.next() as u8,
            }
        }
        if let Ok(found) = read(&harmed) {
            assert_sound(&found);
        }
    }
}

/// Chunks whose checksums are right and whose contents are not.
#[test]
fn random_messages_never_panic() {
    let mut dice = Dice(5);
    let kinds = [Kind::META, Kind::MODULE, Kind::STACKS, Kind::SAMPLES, Kind::CONTEXTS, Kind::CROSSINGS];
    let kinds = [
        kinds.as_slice(),
        &[
            Kind::GROWTH,
            Kind::PAGES,
            Kind::IMAGES,
            Kind::SHADOW_STACK,
            Kind::HEAP,
            Kind::PHASES,
            Kind::OUTPUT,
            Kind::OUTCOME,
        ],
    ]
    .concat();
    for round in 0..20_000 {
        let mut file = head_of_file();
        for _ in 0..3 {
            let raw: Vec<u8> =
                (0..dice.below(40)).map(|_| (dice.number() >> dice.below(9)) as u8 & 0x83).collect();
            file.extend(chunk(kinds[round % kinds.len()], &raw, raw.len() as u32));
        }
        assert_sound(&read(&file).unwrap());
    }
}

#[test]
fn lost_rows_are_counted_and_later_ones_kept() {
    for (kind, expected) in [
        (Kind::HEAP, "a chunk of heap operations is broken and was left out; 2 heap operations are missing"),
        (
            Kind::STACKS,
            "a chunk of stacks is broken and was left out; 3 stacks are missing; \
                        3 samples were left out, as their stacks are missing",
        ),
        (
            Kind::CONTEXTS,
            "a chunk of call paths is broken and was left out; 3 call paths are missing; \
                          3 events have lost their call path",
        ),
        (Kind::SAMPLES, "a chunk of samples is broken and was left out; 2 samples are missing"),
        (
            Kind::MODULE,
            "a chunk of module is broken and was left out; \
                        the module is missing, and with it all names and lines",
        ),
    ] {
        let mut file = four_batches();
        let chunks: Vec<_> = chunk_starts(&file).into_iter().filter(|(_, head)| head.kind == kind).collect();
        let (at, _) = chunks[chunks.len() / 2];
        file[at + ChunkHead::BYTES + 5] ^= 1;
        let found = read(&file).unwrap();
        assert_sound(&found);
        assert_eq!(found.damage, Some(Damage { file_offset: at as u64, message: expected.into() }));
        assert_eq!(found.outcome, Outcome::Exited { code: 0 });
    }
}

/// One, two and one more of stacks, samples, contexts and heap operations, and an end.
pub(super) fn four_batches() -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = Writer::new(&mut file, &meta(), b"\0asm\x01\0\0\0").unwrap();
    let mut row = 0;
    for rows in [1, 2, 1, 0] {
        let mut batch = Batch::default();
        for _ in 0..rows {
            batch.stacks.push(None, StackFrame::Engine);
            batch.samples.push(row * 10, StackId(row as u32), 10);
            batch.contexts.push(None, FuncIndex(0), None);
            let context = Some(ContextId(row as u32));
            let (op, address, size) = (HeapOp::Alloc, row * 16, 16);
            batch.heap.push(HeapEvent { time_nanos: row, op, address, size, old_address: 0, context });
            row += 1;
        }
        batch.outcome = (rows == 0).then_some(Outcome::Exited { code: 0 });
        writer.write(&batch).unwrap();
    }
    file
}

#[test]
fn unknown_kinds_are_skipped() {
    let mut file = four_batches();
    let recording = chunk_starts(&file)[0].1.recording;
    let mut unknown = chunk(Kind(*b"NEWS"), b"of tomorrow", 11);
    let head = ChunkHead { recording, ..ChunkHead::parse(&unknown).unwrap() };
    unknown[..ChunkHead::BYTES].copy_from_slice(&head.to_bytes());
    let expected = read(&file).unwrap();
    assert_eq!(expected.damage, None);
    file.splice(FILE_HEAD_BYTES..FILE_HEAD_BYTES, unknown);
    assert_eq!(read(&file).unwrap(), expected);
}

/// A module may carry a recording as data; its chunks must not be taken for ours when ours is broken around it.
#[test]
fn chunks_of_another_recording_are_not_ours() {
    let mut file = four_batches();
    let mut other = head_of_file();
    other.extend(chunk(Kind::OUTPUT, b"\x05alien", 6));
    let (at, _) = chunk_starts(&file)[2];
    file.splice(at..at, other);
    let found = read(&file).unwrap();
    assert_eq!((found.output.as_slice(), found.heap.len()), (b"".as_slice(), 4));
}

#[test]
fn a_length_that_lies_takes_no_memory() {
    let zeros = zstd::encode_all(io::repeat(0).take(300 << 20), 3).unwrap();
    for raw_bytes in [0, 1, 1 << 20, u32::MAX] {
        let mut file = four_batches();
        let recording = chunk_starts(&file)[0].1.recording;
        let payload_crc = crc32fast::hash(&zeros);
        let (kind, stored_bytes) = (Kind::HEAP, zeros.len() as u32);
        let head = ChunkHead { kind, recording, stored_bytes, raw_bytes, payload_crc };
        file.extend(head.to_bytes());
        file.extend(&zeros);
        let message = read(&file).unwrap().damage.unwrap().message;
        assert_eq!(message, "a chunk of heap operations can't be unpacked");
    }
}

#[test]
fn other_files_and_newer_versions_are_refused() {
    let newer = [MAGIC.as_slice(), &2u32.to_le_bytes(), b"whatever"].concat();
    for (bytes, expected) in [
        (
            newer.as_slice(),
            "this recording has format version 2; this program reads up to 1. A newer wasmscope opens it",
        ),
        (b"", "not a recording: it does not begin as a .wscope file does"),
        (b"\0asm\x01\0\0\0\0\0\0\0", "not a recording: it does not begin as a .wscope file does"),
        (b"wscope\n", "not a recording: it does not begin as a .wscope file does"),
    ] {
        assert_eq!(read(bytes).unwrap_err().to_string(), expected);
    }
}

/// A disk with `space` bytes left.
struct Disk<'a> {
    file: &'a mut Vec<u8>,
    space: usize,
}

impl Write for Disk<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = (self.space - self.file.len()).min(bytes.len());
        self.file.extend_from_slice(&bytes[..room]);
        if room == 0 { Err(io::Error::from(io::ErrorKind::StorageFull)) } else { Ok(room) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_an_error_and_loses_nothing_of_before() {
    let mut dice = Dice(11);
    let mut whole = Recording::default();
    let batches: Vec<_> = (0..3).map(|_| random_batch(&mut dice, &mut whole, 30)).collect();
    for space in (FILE_HEAD_BYTES..4_000).step_by(37) {
        let mut file = Vec::new();
        let disk = Disk { file: &mut file, space };
        let result = Writer::new(disk, &meta(), b"\0asm\x01\0\0\0")
            .and_then(|mut writer| batches.iter().try_for_each(|batch| writer.write(batch)));
        let full = result.is_err_and(|error| error.kind() == io::ErrorKind::StorageFull);
        assert!(full || file.len() < space, "{space}");
        let found = read(&file).unwrap();
        assert_sound(&found);
        assert!(is_prefix(&found, &whole), "{space}");
    }
}

pub(super) fn head_of_file() -> Vec<u8> {
    [MAGIC.as_slice(), &FORMAT_VERSION.to_le_bytes()].concat()
}

pub(super) fn chunk(kind: Kind, raw: &[u8], raw_bytes: u32) -> Vec<u8> {
    let payload = zstd::encode_all(raw, 1).unwrap();
    let stored_bytes = payload.len() as u32;
    let head =
        ChunkHead { kind, recording: 77, stored_bytes, raw_bytes, payload_crc: crc32fast::hash(&payload) };
    [head.to_bytes().as_slice(), &payload].concat()
}

/// What the format's description says of its size. The program keeps a thousand blocks of mixed sizes alive and is
/// sampled in 300 different stacks.
#[test]
fn packing() {
    let mut dice = Dice(1);
    let mut batch = Batch::default();
    let mut live: Vec<(u64, u32)> = Vec::new();
    for row in 0..300 {
        batch.contexts.push((row > 0).then_some(ContextId(row / 2)), FuncIndex(row), None);
        let frame = StackFrame::Wasm { func: FuncIndex(row % 90), offset: CodeOffset(row * 31) };
        batch.stacks.push((row > 0).then_some(StackId(row / 2)), frame);
    }
    let mut top = 70_000;
    let mut free: Vec<u64> = Vec::new();
    for row in 0..200_000u64 {
        let time_nanos = row / 500 * 1_000_000;
        let event = |op, address, size, context| HeapEvent {
            time_nanos,
            op,
            address,
            size,
            old_address: 0,
            context: Some(ContextId(context)),
        };
        if live.len() < 1_000 || dice.below(2) == 0 {
            let site = dice.below(40) as u32;
            let size = 8 + u64::from(site) * 8 + dice.below(4) * dice.below(2) * 32;
            let address = free.pop().filter(|_| dice.below(3) > 0).unwrap_or_else(|| {
                top += size + 8;
                top
            });
            live.push((address, site));
            batch.heap.push(event(HeapOp::Alloc, address, size, site));
        } else {
            let (address, site) = live.swap_remove(dice.below(live.len() as u64) as usize);
            free.push(address);
            batch.heap.push(event(HeapOp::Free, address, 0, 100 + site));
        }
    }
    for row in 0..60_000u64 {
        let time = row * 1_000_000 + dice.below(40_000);
        batch.samples.push(time, StackId((dice.below(20) * dice.below(15)) as u32), 1_000_000);
    }
    let mut file = Vec::new();
    Writer::new(&mut file, &meta(), b"\0asm").unwrap().write(&batch).unwrap();
    let stored = |kind| {
        let of_kind = chunk_starts(&file).into_iter().filter(move |(_, head)| head.kind == kind);
        of_kind.map(|(_, head)| head.stored_bytes as f64).sum::<f64>()
    };
    let per_heap_event = stored(Kind::HEAP) / batch.heap.len() as f64;
    let per_sample = stored(Kind::SAMPLES) / batch.samples.len() as f64;
    println!("{per_heap_event:.2} bytes a heap operation, {per_sample:.2} bytes a sample");
    assert!((3.0..6.0).contains(&per_heap_event), "{per_heap_event}");
    assert!((2.0..4.0).contains(&per_sample), "{per_sample}");
}
