//! Which pages of the guest's memories the operating system has given memory to. On Linux it tells that of each page of
//! a process in a file, 64 bits a page (Linux: Documentation/admin-guide/mm/pagemap.rst). Addresses go in and bits come
//! out: nothing is read of the memories themselves, so that it may be done on any thread while the guest runs.

use super::page_set::PageSet;
use std::fs::File;
use std::io::Read;
use std::sync::{Mutex, PoisonError};
use wasmscope_symbolize::MemoryIndex;

const PAGE_MAP: &str = "/proc/self/pagemap";
/// What the kernel tells each program when it starts it: pairs of words, a key and a value.
const AUXILIARY: &str = "/proc/self/auxv";
const AT_PAGESZ: u64 = 6;

const ENTRY_BYTES: u64 = 8;
const PRESENT: u64 = 1 << 63;
const SWAPPED: u64 = 1 << 62;
/// So many entries are read at once: those of 32 MiB.
const ENTRIES: usize = 8 << 10;

/// Where a memory lies. It stays there: the engine reserves as many addresses as it may ever need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    pub memory: MemoryIndex,
    pub address: u64,
    pub bytes: u64,
}

/// The pages of each memory that were touched so far.
pub type Touched = Vec<(MemoryIndex, PageSet)>;

/// The operating system's word on the guest's memories, as large as they were last seen.
pub struct Residency {
    file: File,
    page_bytes: u32,
    extents: Mutex<Vec<Extent>>,
}

impl Residency {
    /// `None` where the operating system doesn't tell, or not the truth.
    pub fn open() -> Option<Residency> {
        let (file, page_bytes) = (File::open(PAGE_MAP).ok()?, page_bytes()?);
        let residency = Residency { file, page_bytes, extents: Mutex::default() };
        let here = Box::new(1u8);
        let own = Extent { memory: MemoryIndex(0), address: (&raw const *here).addr() as u64, bytes: 1 };
        residency.touched_in(own).filter(|pages| pages.has(0)).map(|_| residency)
    }

    /// The size of a page, in bytes.
    pub fn page_bytes(&self) -> u32 {
        self.page_bytes
    }

    /// The memories lie there from now on. Waits for whoever looks at them.
    pub fn see(&self, extents: Vec<Extent>) {
        *self.extents.lock().unwrap_or_else(PoisonError::into_inner) = extents;
    }

    /// The pages that were touched so far. What can't be read is left out.
    pub fn touched(&self) -> Touched {
        let extents = self.extents.lock().unwrap_or_else(PoisonError::into_inner);
        extents.iter().filter_map(|extent| Some((extent.memory, self.touched_in(*extent)?))).collect()
    }

    fn touched_in(&self, extent: Extent) -> Option<PageSet> {
        let page_bytes = u64::from(self.page_bytes);
        let mut buffer = vec![0; ENTRIES * ENTRY_BYTES as usize];
        let mut touched = Vec::new();
        let mut left = extent.bytes.div_ceil(page_bytes);
        let mut at = extent.address / page_bytes * ENTRY_BYTES;
        while left > 0 {
            let entries = left.min(ENTRIES as u64);
            let part = buffer.get_mut(..(entries * ENTRY_BYTES) as usize)?;
            read_at(&self.file, part, at)?;
            let words = part.as_chunks().0.iter().map(|bytes| u64::from_ne_bytes(*bytes));
            touched.extend(words.map(|entry| entry & (PRESENT | SWAPPED) != 0));
            (left, at) = (left - entries, at + entries * ENTRY_BYTES);
        }
        Some(touched.into_iter().collect())
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> Option<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, at).ok()
}

#[cfg(not(unix))]
fn read_at(_file: &File, _buffer: &mut [u8], _at: u64) -> Option<()> {
    None
}

/// The size of the operating system's pages.
fn page_bytes() -> Option<u32> {
    const MOST_BYTES: u64 = 4 << 10;
    let mut bytes = Vec::new();
    File::open(AUXILIARY).ok()?.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    let words: Vec<_> = bytes.as_chunks().0.iter().map(|word| usize::from_ne_bytes(*word) as u64).collect();
    let size = words.as_chunks().0.iter().find_map(|[key, value]| (*key == AT_PAGESZ).then_some(*value))?;
    u32::try_from(size).ok().filter(|size| size.is_power_of_two())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_was_touched_is_told_from_what_was_not() {
        let residency = Residency::open().unwrap();
        let page_bytes = residency.page_bytes() as usize;
        // Zeros of this size come from the system untouched.
        const PAGES: usize = 16 << 10;
        let mut memory = vec![0u8; PAGES * page_bytes];
        let first = memory.as_ptr().addr().next_multiple_of(page_bytes) - memory.as_ptr().addr();
        for page in [3, 700, 4_000] {
            memory[first + page * page_bytes] = 1;
        }
        let address = (memory.as_ptr().addr() + first) as u64;
        residency.see(vec![Extent {
            memory: MemoryIndex(1),
            address,
            bytes: ((PAGES - 1) * page_bytes) as u64,
        }]);
        let touched = residency.touched();
        let [(MemoryIndex(1), pages)] = touched.as_slice() else { panic!("{touched:?}") };
        for page in [3, 700, 4_000] {
            assert!(pages.has(page), "{page}");
        }
        let others = (1..PAGES as u64).filter(|page| pages.has(*page)).count();
        assert!(others < PAGES / 2, "{others} of {PAGES}");
    }
}
