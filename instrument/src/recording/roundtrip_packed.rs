//! Heap operations that stay packed: the same as those that don't, whatever became of the file.

use super::file::{ChunkHead, Kind};
use super::reader::read_unpacking;
use super::roundtrip::{Dice, chunk, chunk_starts, four_batches, head_of_file, random_file};

#[test]
fn heap_operations_that_stay_packed_are_the_same() {
    for seed in 0..20 {
        let (file, expected, _) = random_file(seed, 6, 400);
        for column_rows in [0, 1, 300] {
            let found = read_unpacking(&file, column_rows).unwrap();
            assert_eq!(
                (found.heap.len(), found.heap.last_nanos()),
                (expected.heap.len(), expected.heap.last_nanos())
            );
            assert_eq!(found, expected, "seed {seed}, {column_rows} unpacked");
            let rows: Vec<usize> = (0..expected.heap.len() + 9).step_by(7).collect();
            assert!(found.heap.pick(rows.clone()).eq(expected.heap.pick(rows)));
        }
    }
}

#[test]
fn operations_are_found_by_their_time_packed_or_not() {
    let file = four_batches();
    for column_rows in [0, 1, 3, 9] {
        let heap = read_unpacking(&file, column_rows).unwrap().heap;
        let before = (0..6).map(|nanos| heap.rows_before(|time| time < nanos)).collect::<Vec<_>>();
        assert_eq!(before, [0, 1, 2, 3, 4, 4], "{column_rows} unpacked");
        let chunks = heap.chunks(1..3).map(|(first, events)| (first, events.len())).collect::<Vec<_>>();
        assert_eq!(chunks, [(1, 2)], "{column_rows} unpacked");
    }
}

#[test]
fn lost_operations_are_counted_among_packed_ones() {
    let mut file = four_batches();
    let chunks: Vec<_> =
        chunk_starts(&file).into_iter().filter(|(_, head)| head.kind == Kind::HEAP).collect();
    let (at, _) = chunks[1];
    file[at + ChunkHead::BYTES + 5] ^= 1;
    let found = read_unpacking(&file, 0).unwrap();
    assert_eq!(found.heap.iter().map(|event| event.time_nanos).collect::<Vec<_>>(), [0, 3]);
    assert!(found.damage.unwrap().message.ends_with("2 heap operations are missing"));
}

/// Checksums that are right around what no recorder wrote: it reads as nothing, or is told.
#[test]
fn packed_messages_that_lie_never_panic() {
    let mut dice = Dice(6);
    for _ in 0..20_000 {
        let mut file = head_of_file();
        for _ in 0..3 {
            let raw: Vec<u8> =
                (0..dice.below(40)).map(|_| (dice.number() >> dice.below(9)) as u8 & 0x83).collect();
            file.extend(chunk(Kind::HEAP, &raw, raw.len() as u32));
        }
        let heap = read_unpacking(&file, 0).unwrap().heap;
        assert!(heap.len() <= 3 * 40 && heap.iter().count() <= heap.len());
        assert!(heap.iter().all(|event| event.context.is_none()));
        assert!(heap.rows_before(|nanos| nanos < 100) <= heap.len());
        heap.last_nanos();
    }
}
