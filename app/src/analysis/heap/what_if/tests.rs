//! The models on traces that look random, and the replay on hand-made ones.

use super::buddy::Buddy;
use super::bump::Bump;
use super::classes::Classes;
use super::fit::{Chunk, Fit};
use super::{AllocatorModel, Model, WhatIf, what_if};
use crate::profile::{Profile, ProfileBuilder};
use std::collections::BTreeMap;
use wasmscope_symbolize::MemoryIndex;

fn what_if_of(profile: &Profile) -> WhatIf {
    what_if(profile, MemoryIndex(0))
}

/// Numbers that look random (Knuth's MMIX multiplier).
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// Mostly small, sometimes large.
    fn size(&mut self) -> u64 {
        let bits = self.below(17);
        self.below(1 << bits)
    }
}

const START: u64 = 70_000;

/// What is live, checked at each step: nothing overlaps, and all of it is inside the heap.
struct Checked {
    model: Box<dyn Model>,
    /// Size by address.
    live: BTreeMap<u64, u64>,
    live_bytes: u64,
    peak_bytes: u64,
}

impl Checked {
    fn add(&mut self, address: u64, size: u64) {
        assert!(address >= START && address + size <= self.model.end(), "{address}+{size} is outside");
        let before = self.live.range(..=address).next_back();
        assert!(before.is_none_or(|(start, size)| start + size <= address && *start < address), "{address}");
        let behind = self.live.range(address..).next();
        assert!(behind.is_none_or(|(start, _)| address + size <= *start), "{address}+{size}");
        self.live.insert(address, size);
        self.live_bytes += size;
        self.peak_bytes = self.peak_bytes.max(self.live_bytes);
    }

    fn take(&mut self, at: u64) -> Option<(u64, u64)> {
        let nth = self.live.range(START + at..).next().or_else(|| self.live.first_key_value());
        let (address, size) = nth.map(|(address, size)| (*address, *size))?;
        self.live.remove(&address);
        self.live_bytes -= size;
        Some((address, size))
    }

    fn step(&mut self, random: &mut Lcg) {
        let reach = self.model.end() - START + 1;
        let (size, at) = (random.size(), random.below(reach));
        match random.below(10) {
            0..5 => {
                let address = self.model.alloc(size);
                self.add(address, size);
            }
            5..9 => {
                let taken = self.take(at);
                taken.iter().for_each(|(address, size)| self.model.free(*address, *size));
            }
            _ => {
                let Some((address, old)) = self.take(at) else { return };
                if self.model.resize(address, old, size) {
                    self.add(address, size);
                } else {
                    self.model.free(address, old);
                }
            }
        }
    }
}

#[test]
fn blocks_never_overlap_and_lie_inside() {
    type Make = fn() -> Box<dyn Model>;
    let makes: [(&str, Make); 5] = [
        ("best fit", || Box::new(Fit::new(START, Chunk { header: 4, granule: 8, smallest: 16 }))),
        ("best fit, 16", || Box::new(Fit::new(START, Chunk { header: 4, granule: 16, smallest: 16 }))),
        ("classes", || Box::new(Classes::new(START))),
        ("buddy", || Box::new(Buddy::new(START))),
        ("bump", || Box::new(Bump::new(START, 8))),
    ];
    for (name, make) in makes {
        for seed in 1..6 {
            let (mut random, model) = (Lcg(seed), make());
            let mut checked = Checked { model, live: BTreeMap::new(), live_bytes: 0, peak_bytes: 0 };
            (0..20_000).for_each(|_| checked.step(&mut random));
            let reached = checked.model.end() - START;
            assert!(checked.live.len() > 100 && reached >= checked.peak_bytes, "{name}: {reached}");
            // The same size asked for and given back takes no more the second time.
            while let Some((address, size)) = checked.take(0) {
                checked.model.free(address, size);
            }
            if name != "bump" {
                let again = checked.model.alloc(reached / 4);
                assert!(again + reached / 4 <= START + reached, "{name}: all that was given back is one");
            }
        }
    }
}

fn bytes_of(what_if: &WhatIf, model: AllocatorModel) -> u64 {
    what_if.rows.iter().find(|row| row.model == model).unwrap().heap_bytes
}

/// A block of 1,000 bytes handed out and freed `rounds` times, beside one that stays.
#[test]
fn a_trace_that_frees_needs_little_but_of_a_bump_allocator() {
    let mut builder = ProfileBuilder::new().memory(2, None).alloc(0, "main;malloc", 65_552, 24);
    for round in 0..1_000 {
        builder = builder.alloc(round, "main;malloc", 65_584, 1_000).free(round, "main;free", 65_584);
    }
    let found = what_if_of(&builder.grow(5, "main;malloc", 2, 30, true).build());
    assert_eq!((found.heap_start, found.least_bytes, found.least_pages), (65_552, 1_024, 2));
    assert_eq!((found.recorded_bytes, found.recorded_pages), (32 + 1_000, 32));
    // 24 + 4 and 1,000 + 4, each rounded up to 16; 24 rounded up to 16 and a thousand times 1,008.
    assert_eq!(bytes_of(&found, AllocatorModel::BestFit), 32 + 1_008);
    assert_eq!(bytes_of(&found, AllocatorModel::Bump), 32 + 1_000 * 1_008);
    // The heap begins 16 bytes into a page: a span for 32, one of eight times 1,024.
    assert_eq!(bytes_of(&found, AllocatorModel::SizeClasses), 4_096 - 16 + 4_096 + 8_192);
    assert_eq!(bytes_of(&found, AllocatorModel::Buddy), 2_048);
    let bump = found.rows.iter().find(|row| row.model == AllocatorModel::Bump).unwrap();
    assert_eq!((bump.pages, bump.waste_bytes), (17, 32 + 1_008_000 - 1_024));
}

#[test]
fn a_block_that_grows_is_copied_only_where_it_must_be() {
    let found = what_if_of(
        &ProfileBuilder::new()
            .alloc(1, "main;malloc", 1_000, 8)
            .realloc(2, "main;realloc", 1_000, 1_000, 40)
            .alloc(3, "main;malloc", 2_000, 8)
            .realloc(4, "main;realloc", 1_000, 3_000, 100)
            .free(5, "main;free", 9_999)
            .free(6, "main;free", 3_000)
            .build(),
    );
    // 44 → 48; 16 behind; then 104 behind those.
    assert_eq!(bytes_of(&found, AllocatorModel::BestFit), 48 + 16 + 104);
    assert_eq!(bytes_of(&found, AllocatorModel::Bump), 40 + 8 + 104);
    // 64 at 0 for 40, 16 at 16 where 8 were; 128 at 128.
    assert_eq!(bytes_of(&found, AllocatorModel::Buddy), 256);
    assert_eq!((found.least_bytes, found.recorded_bytes), (108, 2_100));
}

#[test]
fn without_blocks_there_is_nothing_to_replay() {
    assert_eq!(what_if_of(&ProfileBuilder::new().build()), WhatIf::default());
}

/// Sizes that only a damaged recording has.
#[test]
fn sizes_without_sense_do_no_harm() {
    let mut builder = ProfileBuilder::new();
    for (at, size) in [u64::MAX, u64::MAX - 3, 1 << 63, 1 << 40].into_iter().cycle().take(100).enumerate() {
        builder = builder.alloc(1, "main;malloc", u64::MAX - at as u64 * 16, size);
    }
    let found = what_if_of(&builder.free(2, "main;free", u64::MAX).build());
    assert!(found.rows.iter().all(|row| row.waste_bytes <= row.heap_bytes));
}
