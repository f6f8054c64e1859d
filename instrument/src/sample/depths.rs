//! How deep the shadow stack was at each tick, as rows that never take more room than they had from the start.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The most rows. When they are full, every other one goes, and from then on half as many come.
const ROWS: usize = 4_096;

/// Time and stack pointer by ticks. One thread adds rows, also in a signal handler: nothing is allocated or locked.
pub struct Depths {
    rows: Box<[(AtomicU64, AtomicU64)]>,
    len: AtomicUsize,
    /// Of so many ticks one has a row.
    spacing: AtomicU64,
    /// Since the pointer was first set.
    ticks: AtomicU64,
}

impl Default for Depths {
    fn default() -> Self {
        Depths {
            rows: (0..ROWS).map(|_| Default::default()).collect(),
            len: AtomicUsize::new(0),
            spacing: AtomicU64::new(1),
            ticks: AtomicU64::new(0),
        }
    }
}

impl Depths {
    /// A tick, at which the pointer was this; 0 before it was first set.
    pub fn tick(&self, time_nanos: u64, pointer: u64) {
        if pointer == 0 {
            return;
        }
        let ticks = self.ticks.fetch_add(1, Ordering::Relaxed);
        if !ticks.is_multiple_of(self.spacing.load(Ordering::Relaxed)) {
            return;
        }
        if self.len.load(Ordering::Relaxed) == ROWS {
            self.thin();
        }
        let len = self.len.load(Ordering::Relaxed);
        if let Some(row) = self.rows.get(len) {
            row.0.store(time_nanos, Ordering::Relaxed);
            row.1.store(pointer, Ordering::Relaxed);
            self.len.store(len + 1, Ordering::Relaxed);
        }
    }

    fn thin(&self) {
        for (kept, row) in self.rows.iter().zip(self.rows.iter().step_by(2)) {
            kept.0.store(row.0.load(Ordering::Relaxed), Ordering::Relaxed);
            kept.1.store(row.1.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        self.len.store(ROWS / 2, Ordering::Relaxed);
        self.spacing.fetch_add(self.spacing.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The rows so far. Nobody may be adding one.
    pub fn rows(&self) -> Vec<(u64, u64)> {
        let rows = self.rows.iter().take(self.len.load(Ordering::Relaxed));
        rows.map(|row| (row.0.load(Ordering::Relaxed), row.1.load(Ordering::Relaxed))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_runs_have_as_many_rows_as_short_ones() {
        let depths = Depths::default();
        (0..3).for_each(|tick| depths.tick(tick, tick));
        assert_eq!(depths.rows(), [(1, 1), (2, 2)]);
        (3..100_000).for_each(|tick| depths.tick(tick, 7 + tick));
        let rows = depths.rows();
        assert!((ROWS / 2..=ROWS).contains(&rows.len()), "{}", rows.len());
        let gaps: Vec<_> = rows.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        assert!(gaps.iter().all(|gap| *gap == 32), "{:?}", &gaps[..9]);
        assert!(rows[0].0 == 1 && rows.last().unwrap().0 > 99_900);
    }
}
