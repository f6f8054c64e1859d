//! A compressor in the manner of bzip2: blocks are sorted (Burrows and Wheeler), recently used bytes moved to the
//! front, and what comes of it is written in a Huffman code. The transformation is undone again to see that it held.

#[path = "../text.rs"]
mod text;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use text::Numbers;

const BLOCK: usize = 64 << 10;

/// The last bytes of the sorted rotations of `block`, and which rotation is the block itself. Each round sorts by
/// twice as many bytes as the one before.
fn transform(block: &[u8]) -> (Vec<u8>, usize) {
    let length = block.len();
    let mut order: Vec<u32> = (0..length as u32).collect();
    let mut rank: Vec<u32> = block.iter().map(|byte| u32::from(*byte)).collect();
    let mut sorted_by = 1;
    loop {
        let key = |start: u32| (rank[start as usize], rank[(start as usize + sorted_by) % length]);
        order.sort_unstable_by_key(|start| key(*start));
        let mut ranks = vec![0; length];
        for pair in order.windows(2) {
            ranks[pair[1] as usize] = ranks[pair[0] as usize] + u32::from(key(pair[0]) != key(pair[1]));
        }
        let distinct = order.last().is_some_and(|last| ranks[*last as usize] as usize == length - 1);
        rank = ranks;
        sorted_by *= 2;
        if distinct || sorted_by >= length {
            break;
        }
    }
    let last = order.iter().map(|start| block[(*start as usize + length - 1) % length]).collect();
    (last, order.iter().position(|start| *start == 0).unwrap_or(0))
}

/// The block whose transformation is `last`.
fn restore(last: &[u8], itself: usize) -> Vec<u8> {
    let mut starts = [0usize; 257];
    last.iter().for_each(|byte| starts[usize::from(*byte) + 1] += 1);
    (0..256).for_each(|byte| starts[byte + 1] += starts[byte]);
    let mut next = vec![0; last.len()];
    for (at, byte) in last.iter().enumerate() {
        next[starts[usize::from(*byte)]] = at;
        starts[usize::from(*byte)] += 1;
    }
    let mut at = itself;
    let mut byte = || {
        at = next[at];
        last[at]
    };
    (0..last.len()).map(|_| byte()).collect()
}

/// Each byte as its place among those used last.
fn move_to_front(bytes: &[u8]) -> Vec<u8> {
    let mut recent: Vec<u8> = (0..=255).collect();
    let mut place = |byte| {
        let at = recent.iter().position(|known| *known == byte).unwrap_or(0);
        recent[..=at].rotate_right(1);
        at as u8
    };
    bytes.iter().map(|byte| place(*byte)).collect()
}

/// How many bits the Huffman code has for each symbol.
fn code_lengths(symbols: &[u8]) -> [u32; 256] {
    let mut counts = [0u32; 256];
    symbols.iter().for_each(|symbol| counts[usize::from(*symbol)] += 1);
    let used = (0..256).filter(|symbol| counts[*symbol] > 0);
    let mut trees: BinaryHeap<_> = used.map(|symbol| Reverse((counts[symbol], vec![symbol]))).collect();
    let mut lengths = [0; 256];
    while let (Some(Reverse((a, mut left))), Some(Reverse((b, right)))) = (trees.pop(), trees.pop()) {
        left.extend(right);
        left.iter().for_each(|symbol| lengths[*symbol] += 1);
        // The last tree has all symbols: it is done.
        if trees.is_empty() {
            break;
        }
        trees.push(Reverse((a + b, left)));
    }
    lengths
}

/// The canonical code of each symbol: codes of one length follow each other.
fn codes(lengths: &[u32; 256]) -> [u32; 256] {
    let mut symbols: Vec<_> = (0..256).filter(|symbol| lengths[*symbol] > 0).collect();
    symbols.sort_by_key(|symbol| (lengths[*symbol], *symbol));
    let (mut codes, mut code, mut length) = ([0; 256], 0u32, 0);
    for symbol in symbols {
        code <<= lengths[symbol] - length;
        length = lengths[symbol];
        codes[symbol] = code;
        code += 1;
    }
    codes
}

/// The symbols in their codes, bit by bit.
fn encode(symbols: &[u8]) -> Vec<u8> {
    let lengths = code_lengths(symbols);
    let codes = codes(&lengths);
    let (mut out, mut bits, mut count) = (Vec::new(), 0u64, 0);
    for symbol in symbols.iter().map(|symbol| usize::from(*symbol)) {
        bits = bits << lengths[symbol] | u64::from(codes[symbol]);
        count += lengths[symbol];
        while count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out.push((bits << (8 - count)) as u8);
    out
}

fn main() {
    let mut numbers = Numbers::new(3);
    let input: Vec<u8> = (0..4_000).flat_map(|_| numbers.sentence().into_bytes()).collect();
    let mut compressed = 0;
    for block in input.chunks(BLOCK) {
        let (last, itself) = transform(block);
        assert!(restore(&last, itself) == block, "the transformation can be undone");
        compressed += encode(&move_to_front(&last)).len();
    }
    println!("{} bytes to {compressed}", input.len());
}
