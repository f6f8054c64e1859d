//! Text that is the same in each run.

/// A generator of numbers (xorshift).
pub struct Numbers(u32);

impl Numbers {
    /// The numbers that follow from `seed`, which is not 0.
    pub fn new(seed: u32) -> Numbers {
        Numbers(seed)
    }

    /// The next number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as usize % end
    }

    /// A word of two to five syllables.
    pub fn word(&mut self) -> String {
        const SYLLABLES: [&str; 16] = [
            "ta", "ri", "mo", "ne", "sul", "ka", "ber", "ol", "fin", "de", "wa", "shi", "pro", "lux", "ge",
            "an",
        ];
        (0..2 + self.below(4)).map(|_| SYLLABLES[self.below(SYLLABLES.len())]).collect()
    }

    /// A sentence of four to fifteen words.
    pub fn sentence(&mut self) -> String {
        let words: Vec<_> = (0..4 + self.below(12)).map(|_| self.word()).collect();
        format!("{}.", words.join(" "))
    }
}
