//! The stack of a goroutine, which is in the guest's memory. The engine's stack has of it what was called since the
//! goroutine went on last.

use crate::probes::Resumed;
use wasmscope_symbolize::GoFrames;

/// More callers than this are cut off at the outer end.
const MAX_CALLERS: usize = 4_096;

/// Bits of a program counter that tell how far its function is.
const PLACE_MASK: u64 = 0xffff;

/// Bytes of a return address.
const WORD: u64 = 8;

/// Gives `visit` where the goroutine went on and then where each of its callers will, innermost first. `read` gives the
/// 64-bit word at an address of the guest's memory. Allocates nothing and takes no lock.
///
/// What is above `sp` stays as it was for as long as what went on then has not come back.
pub fn walk_goroutine(
    frames: &GoFrames,
    resumed: Resumed,
    read: impl Fn(u64) -> Option<u64>,
    mut visit: impl FnMut(u64),
) {
    let Resumed { sp, mut pc } = resumed;
    let mut sp = u64::from(sp);
    for _ in 0..MAX_CALLERS {
        let Some(function) = frames.function(pc).filter(|function| !function.is_outermost) else { return };
        visit(pc);
        // At its entry a function has made no room for its frame yet.
        let frame_bytes = if pc & PLACE_MASK == 0 { 0 } else { u64::from(function.frame_bytes) };
        let return_address = sp + frame_bytes;
        let Some(caller) = read(return_address) else { return };
        (sp, pc) = (return_address + WORD, caller);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::sync::Arc;
    use wasmscope_symbolize::{ModuleIndex, Symbols};

    fn frames() -> GoFrames {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/go/goroutines.wasm");
        let bytes: Arc<[u8]> = std::fs::read(path).unwrap().into();
        let index = ModuleIndex::parse(&bytes).unwrap();
        Symbols::new(bytes, index.into()).go_frames().unwrap()
    }

    /// The slots of some functions with a frame.
    fn pcs(frames: &GoFrames) -> Vec<u64> {
        let has_frame = |pc: &u64| {
            frames.function(*pc).is_some_and(|function| function.frame_bytes > 0 && !function.is_outermost)
        };
        (0x1000..0x1400).map(|slot: u64| slot << 16).filter(has_frame).collect()
    }

    #[test]
    fn a_stack_is_followed_to_its_end() {
        let frames = frames();
        let pcs = pcs(&frames);
        let (leaf, caller, root) = (pcs[0], pcs[1] | 3, pcs[2] | 5);
        let frame_bytes = u64::from(frames.function(caller).unwrap().frame_bytes);
        // At its entry the innermost function has its return address at the stack pointer.
        let words = [(64, caller), (72 + frame_bytes, root)];
        let read = |at| words.iter().find(|(address, _)| *address == at).map(|(_, word)| *word);
        let mut seen = Vec::new();
        walk_goroutine(&frames, Resumed { sp: 64, pc: leaf }, read, |pc| seen.push(pc));
        assert_eq!(seen, [leaf, caller, root]);
    }

    #[test]
    fn a_stack_that_is_none_ends() {
        let frames = frames();
        let resumed = Resumed { sp: u32::MAX, pc: pcs(&frames)[0] | 1 };
        let count = |word: Option<u64>| {
            let mut count = 0;
            walk_goroutine(&frames, resumed, |_| word, |_| count += 1);
            count
        };
        assert_eq!([None, Some(0), Some(u64::MAX)].map(count), [1, 1, 1]);
        assert_eq!(count(Some(resumed.pc)), MAX_CALLERS);
    }
}
