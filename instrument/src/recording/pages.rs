//! First touches of linear memory, by pages of the operating system.

use serde::{Deserialize, Serialize};
use wasmscope_symbolize::MemoryIndex;

/// When pages of the guest's memories were first seen to be touched: written, read, or filled by the host. Columns of
/// equal length, in the order of time; no page is in two rows. Memory that grows without being touched has no row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageTable {
    /// The size of a page of the operating system, in bytes: a power of two. The guest's own pages are larger.
    pub page_bytes: u32,
    /// How touched pages were told.
    pub source: PageSource,
    /// When the pages were found touched, in nanoseconds since the recording began. They were not yet touched when
    /// memory was looked at before: some 20 ms earlier, in memories of gigabytes some seconds.
    pub time_nanos: Vec<u64>,
    /// The memory.
    pub memory: Vec<MemoryIndex>,
    /// The number of the first page: its address divided by `page_bytes`.
    pub first_page: Vec<u64>,
    /// How many pages in a row.
    pub pages: Vec<u64>,
}

/// How touched pages are told from others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PageSource {
    /// The operating system has given them memory. Pages of the module's data that are only read bring their neighbours
    /// along, and with huge pages a touch brings 2 MiB.
    #[default]
    Resident,
    /// Something else than zeros stood in them when the run was over: the operating system doesn't tell.
    #[serde(rename = "non-zero")]
    NonZero,
}

/// One row of [`PageTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct TouchedPages {
    pub time_nanos: u64,
    pub memory: MemoryIndex,
    pub first_page: u64,
    pub pages: u64,
}

impl PageTable {
    /// A table without rows.
    pub fn new(page_bytes: u32, source: PageSource) -> Self {
        PageTable { page_bytes, source, ..PageTable::default() }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.time_nanos.len()
    }

    /// Is there no row?
    pub fn is_empty(&self) -> bool {
        self.time_nanos.is_empty()
    }

    /// Appends a row.
    pub fn push(&mut self, row: TouchedPages) {
        let TouchedPages { time_nanos, memory, first_page, pages } = row;
        self.time_nanos.push(time_nanos);
        self.memory.push(memory);
        self.first_page.push(first_page);
        self.pages.push(pages);
    }

    /// The rows.
    pub fn iter(&self) -> impl Iterator<Item = TouchedPages> {
        let runs = self.first_page.iter().zip(&self.pages);
        let rows = self.time_nanos.iter().zip(&self.memory).zip(runs);
        rows.map(|((time_nanos, memory), (first_page, pages))| TouchedPages {
            time_nanos: *time_nanos,
            memory: *memory,
            first_page: *first_page,
            pages: *pages,
        })
    }

    /// How many pages of a memory were touched until `time_nanos`.
    pub fn touched_pages(&self, memory: MemoryIndex, time_nanos: u64) -> u64 {
        let touched = self.iter().filter(|row| row.memory == memory && row.time_nanos <= time_nanos);
        touched.map(|row| row.pages).sum()
    }
}
