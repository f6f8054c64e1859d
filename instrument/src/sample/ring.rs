//! A queue of words between the signal handler (the one producer) and the collector (the one consumer).
//!
//! The producer never waits, never allocates and takes no lock: where there is no room, it says so and goes on.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Words in a ring: 4 MiB, over a second of deep stacks at the default rate.
const CAPACITY: usize = 1 << 19;

/// A bounded queue of groups of words.
pub struct Ring {
    words: Box<[AtomicU64]>,
    /// Words ever written; the producer's.
    written: AtomicUsize,
    /// Words ever read; the consumer's.
    read: AtomicUsize,
}

impl Ring {
    pub fn new() -> Self {
        Ring {
            words: (0..CAPACITY).map(|_| AtomicU64::new(0)).collect(),
            written: AtomicUsize::new(0),
            read: AtomicUsize::new(0),
        }
    }

    /// Begins a group. Nothing is seen by the consumer until [`Group::commit`].
    pub fn begin(&self) -> Group<'_> {
        let end = self.read.load(Ordering::Acquire) + CAPACITY;
        // The first word is the group's length, known at the commit.
        let start = self.written.load(Ordering::Relaxed);
        Group { ring: self, start, next: start + 1, end }
    }

    /// Takes the oldest whole group into `group`; `false` if there is none.
    pub fn pop(&self, group: &mut Vec<u64>) -> bool {
        group.clear();
        let start = self.read.load(Ordering::Relaxed);
        if start == self.written.load(Ordering::Acquire) {
            return false;
        }
        let len = self.word(start).load(Ordering::Relaxed) as usize;
        group.extend((1..len).map(|i| self.word(start + i).load(Ordering::Relaxed)));
        self.read.store(start + len, Ordering::Release);
        true
    }

    fn word(&self, position: usize) -> &AtomicU64 {
        &self.words[position % CAPACITY]
    }
}

/// A group that is being written.
pub struct Group<'a> {
    ring: &'a Ring,
    start: usize,
    next: usize,
    end: usize,
}

impl Group<'_> {
    /// Adds a word; past the ring's end it is forgotten, and so will be the group.
    pub fn push(&mut self, word: u64) {
        if self.next < self.end {
            self.ring.word(self.next).store(word, Ordering::Relaxed);
        }
        self.next += 1;
    }

    /// Hands the group to the consumer; `false` if there was no room for it.
    pub fn commit(self) -> bool {
        if self.next > self.end {
            return false;
        }
        self.ring.word(self.start).store((self.next - self.start) as u64, Ordering::Relaxed);
        self.ring.written.store(self.next, Ordering::Release);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(ring: &Ring, words: impl IntoIterator<Item = u64>) -> bool {
        let mut group = ring.begin();
        words.into_iter().for_each(|word| group.push(word));
        group.commit()
    }

    #[test]
    fn groups_come_out_whole_and_in_order() {
        let (ring, mut group) = (Ring::new(), Vec::new());
        for round in 0..CAPACITY as u64 {
            assert!(push(&ring, [round, round + 1]));
            assert!(push(&ring, []));
            assert!(ring.pop(&mut group) && group == [round, round + 1]);
            assert!(ring.pop(&mut group) && group.is_empty());
        }
        assert!(!ring.pop(&mut group));
    }

    #[test]
    fn what_has_no_room_is_refused_whole() {
        let (ring, mut group) = (Ring::new(), Vec::new());
        assert!(push(&ring, 0..CAPACITY as u64 - 2));
        assert!(!push(&ring, 0..10), "one word is left");
        assert!(push(&ring, []));
        assert!(!push(&ring, []));
        assert!(ring.pop(&mut group) && group.len() == CAPACITY - 2);
        assert!(push(&ring, 0..10));
    }

    #[test]
    fn two_threads_agree() {
        let ring = Ring::new();
        std::thread::scope(|scope| {
            scope.spawn(|| (0..100_000).for_each(|n| while !push(&ring, [n; 3]) {}));
            let mut group = Vec::new();
            for n in 0..100_000 {
                while !ring.pop(&mut group) {}
                assert_eq!(group, [n; 3]);
            }
        });
    }
}
