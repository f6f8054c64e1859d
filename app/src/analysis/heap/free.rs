//! Figures about what is free.

/// Shorter free runs are counted as the allocator's own: the header and the rounding up of one block.
pub(super) const SMALLEST_FREE_RUN_BYTES: u64 = 32;
/// A page with fewer live bytes than this part of it is sparse.
const SPARSE_PART: u64 = 16;

/// So little is live on the page that it might as well be empty.
pub(super) fn is_sparse(live_bytes: u64, page_bytes: u64) -> bool {
    live_bytes > 0 && live_bytes < page_bytes / SPARSE_PART
}

/// The free space inside the heap.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FreeSpace {
    /// Bytes of all free runs: what lies between blocks from the heap's begin to the memory's end, without runs
    /// shorter than 32 bytes.
    pub total_bytes: u64,
    /// How many free runs there are.
    pub runs: u64,
    /// Bytes of the largest one: the largest block that fits without the memory growing.
    pub largest_bytes: u64,
    /// Where the largest one begins.
    pub largest_address: u64,
    /// Bytes between blocks in runs shorter than 32 bytes: the allocator's headers and rounding.
    pub overhead_bytes: u64,
    /// 1 − largest free run / total free bytes. 0: all that is free is in one piece; near 1: in many small ones.
    pub fragmentation: f64,
    /// 1 − Σ(free run²) / (total free bytes)²: how likely two free bytes picked at random lie in different runs.
    /// Unlike `fragmentation` it also tells two halves from one half and crumbs.
    pub dispersion: f64,
}

/// The sums of [`FreeSpace`], run by run.
#[derive(Clone, Copy, Default)]
pub(super) struct FreeSums {
    pub(super) total_bytes: u64,
    pub(super) runs: u64,
    pub(super) largest_bytes: u64,
    pub(super) overhead_bytes: u64,
    squares: u128,
}

impl FreeSums {
    /// One more run.
    pub(super) fn add(&mut self, bytes: u64) {
        if bytes < SMALLEST_FREE_RUN_BYTES {
            self.overhead_bytes += bytes;
            return;
        }
        self.runs += 1;
        self.total_bytes += bytes;
        self.largest_bytes = self.largest_bytes.max(bytes);
        self.squares += square(bytes);
    }

    /// One less. Which is the largest then is not known here.
    pub(super) fn remove(&mut self, bytes: u64) {
        if bytes < SMALLEST_FREE_RUN_BYTES {
            self.overhead_bytes -= bytes;
            return;
        }
        self.runs -= 1;
        self.total_bytes -= bytes;
        self.squares -= square(bytes);
    }

    /// See [`FreeSpace::fragmentation`].
    pub(super) fn fragmentation(&self) -> f64 {
        self.part_missing(self.largest_bytes as f64 / self.total_bytes as f64)
    }

    /// See [`FreeSpace::dispersion`].
    pub(super) fn dispersion(&self) -> f64 {
        self.part_missing(self.squares as f64 / (self.total_bytes as f64 * self.total_bytes as f64))
    }

    fn part_missing(&self, part: f64) -> f64 {
        if self.total_bytes > 0 { (1.0 - part).max(0.0) } else { 0.0 }
    }

    /// All figures, where the largest run begins there.
    pub(super) fn space(&self, largest_address: u64) -> FreeSpace {
        let FreeSums { total_bytes, runs, largest_bytes, overhead_bytes, .. } = *self;
        let (fragmentation, dispersion) = (self.fragmentation(), self.dispersion());
        FreeSpace {
            total_bytes,
            runs,
            largest_bytes,
            largest_address,
            overhead_bytes,
            fragmentation,
            dispersion,
        }
    }
}

fn square(bytes: u64) -> u128 {
    u128::from(bytes) * u128::from(bytes)
}
