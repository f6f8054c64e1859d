//! Which memory is the stack that a guest runs on.

use std::fs;
use std::io::Read;
use std::ops::RangeInclusive;

/// The list is read in few pieces: a guest that the host calls back asks for it each time.
const MAPS_BYTES: usize = 1 << 16;

/// The mapped memory around `address` in this process, by its lowest and highest address.
pub fn mapping_around(address: u64) -> Option<RangeInclusive<u64>> {
    let mut maps = String::with_capacity(MAPS_BYTES);
    fs::File::open("/proc/self/maps").ok()?.read_to_string(&mut maps).ok()?;
    maps.lines().filter_map(mapping).find(|mapping| mapping.contains(&address))
}

/// `7f00-7fff rw-p 00000000 00:00 0`, the end exclusive.
fn mapping(line: &str) -> Option<RangeInclusive<u64>> {
    let (start, end) = line.split_once(' ')?.0.split_once('-')?;
    let start = u64::from_str_radix(start, 16).ok()?;
    let end = u64::from_str_radix(end, 16).ok()?;
    Some(start..=end.checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_of_this_thread_is_found() {
        let local = 0u8;
        let address = &raw const local as u64;
        let stack = mapping_around(address).expect("there is a stack");
        assert!(stack.contains(&address) && stack.end() - stack.start() >= 4_095, "{stack:x?}");
        assert_eq!(mapping_around(0), None);
    }
}
