//! The guest's memories, as far as the host sees them: those of a component's core modules it doesn't, nor what several
//! threads may share.

use super::compiled::Places;
use super::guest::GuestState;
use super::page_set::PageSet;
use super::residency::{Extent, Residency, Touched};
use crate::recording::PageSource;
use std::sync::Arc;
use wasmscope_symbolize::MemoryIndex;
use wasmtime::{AsContext, Instance, Memory, Store};

/// Where the operating system doesn't tell of pages these are as good as any.
const PAGE_BYTES: u32 = 4_096;

/// The memories of the guest's that are exported, by the index that they have in the original.
#[derive(Default)]
pub struct GuestMemories {
    list: Vec<(MemoryIndex, Memory)>,
    /// Who tells of their pages, where that is wanted and there is somebody.
    pub residency: Option<Arc<Residency>>,
    /// How many growths there were when they were last seen.
    growths: u64,
}

/// The pages that were found touched at some moment.
#[derive(Clone)]
pub struct PagesSeen {
    /// Nanoseconds since the recording began.
    pub time_nanos: u64,
    pub page_bytes: u32,
    pub source: PageSource,
    pub touched: Touched,
}

impl PagesSeen {
    /// Those of one memory.
    pub fn of(&self, memory: MemoryIndex) -> Option<&PageSet> {
        self.touched.iter().find(|(of, _)| *of == memory).map(|(_, pages)| pages)
    }
}

impl GuestMemories {
    /// Finds those of `instance`.
    pub fn find(&mut self, instance: &Instance, store: &mut Store<GuestState>, places: &Places) {
        let memories = places.index.memories().iter().filter(|memory| !memory.shared);
        let found = memories.filter_map(|memory| {
            let name = places.memory_export(memory.index)?;
            Some((memory.index, instance.get_memory(&mut *store, name)?))
        });
        self.list = found.collect();
        self.see(self.growths, &*store);
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = (MemoryIndex, Memory)> {
        self.list.iter().copied()
    }

    /// Was any memory to grow since they were last seen?
    pub fn is_outgrown(&self, growths: u64) -> bool {
        self.growths != growths
    }

    /// They are as large as they are now, after so many growths.
    pub fn see(&mut self, growths: u64, store: impl AsContext) {
        self.growths = growths;
        let Some(residency) = &self.residency else { return };
        let extent = |(memory, own): &(MemoryIndex, Memory)| Extent {
            memory: *memory,
            address: own.data_ptr(&store).addr() as u64,
            bytes: own.data_size(&store) as u64,
        };
        residency.see(self.list.iter().map(extent).collect());
    }

    /// What is touched when the run begins; `None` where nobody can tell.
    pub fn first_touched(&self, time_nanos: u64) -> Option<PagesSeen> {
        let residency = self.residency.as_ref().filter(|_| !self.list.is_empty())?;
        Some(PagesSeen {
            time_nanos,
            page_bytes: residency.page_bytes(),
            source: PageSource::Resident,
            touched: residency.touched(),
        })
    }

    /// What is touched when the run is over, and nobody has looked at the memories since; `None` where there are none.
    pub fn last_touched(&self, time_nanos: u64, store: &Store<GuestState>) -> Option<PagesSeen> {
        if let Some(seen) = self.first_touched(time_nanos) {
            // What we read from now on is no touch of the guest's.
            self.residency.iter().for_each(|residency| residency.see(Vec::new()));
            return Some(seen);
        }
        let touched: Touched =
            self.list.iter().map(|(memory, own)| (*memory, filled_pages(own.data(store)))).collect();
        let (page_bytes, source) = (PAGE_BYTES, PageSource::NonZero);
        (!touched.is_empty()).then_some(PagesSeen { time_nanos, page_bytes, source, touched })
    }
}

/// The pages in which something else than zeros stands.
fn filled_pages(bytes: &[u8]) -> PageSet {
    bytes.chunks(PAGE_BYTES as usize).map(|page| page.iter().any(|byte| *byte != 0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_with_anything_in_them_are_filled() {
        let mut bytes = vec![0; 4 * PAGE_BYTES as usize - 100];
        for at in [4_095, 8_192, bytes.len() - 1] {
            bytes[at] = 1;
        }
        let filled = filled_pages(&bytes);
        assert_eq!([0, 1, 2, 3, 4].map(|page| filled.has(page)), [true, false, true, true, false]);
    }
}
