//! The hash function BLAKE3: arithmetic on 32-bit words, few calls.

fn main() {
    let mut bytes: Vec<u8> = (0..1u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for _ in 0..200 {
        let hash = blake3::hash(&bytes);
        bytes[..32].copy_from_slice(hash.as_bytes());
    }
    println!("{}", blake3::hash(&bytes).to_hex());
}
