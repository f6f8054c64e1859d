//! The shape of a `.wscope` file.

/// The first eight bytes of every recording.
pub const MAGIC: [u8; 8] = *b"wscope\r\n";

/// The version that this program writes. It reads this one and all below.
pub const FORMAT_VERSION: u32 = 1;
