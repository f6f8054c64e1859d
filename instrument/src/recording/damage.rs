//! What of a file could not be read, told in a few sentences however broken it is.

use std::fmt;

/// What of a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where in the file reading stopped or a chunk was skipped, for the first time.
    pub file_offset: u64,
    /// What is missing, as sentences without a full stop at the end, joined by `; `.
    pub message: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "damaged at byte {}: {}", self.file_offset, self.message)
    }
}

/// Collects damage while a file is read.
#[derive(Default)]
pub(super) struct DamageLog {
    first_offset: Option<u64>,
    sentences: Vec<String>,
    unsaid: usize,
}

impl DamageLog {
    const MAX_SENTENCES: usize = 6;

    pub fn add(&mut self, file_offset: usize, sentence: impl Into<String>) {
        self.first_offset.get_or_insert(file_offset as u64);
        let sentence = sentence.into();
        if self.sentences.contains(&sentence) {
            return;
        }
        match self.sentences.len() < Self::MAX_SENTENCES {
            true => self.sentences.push(sentence),
            false => self.unsaid += 1,
        }
    }

    /// Adds that `count` of `what` are missing, unless it is none.
    pub fn add_missing(&mut self, file_offset: usize, count: u64, what: &str) {
        if count > 0 {
            self.add(file_offset, format!("{count} {what}"));
        }
    }

    pub fn finish(self) -> Option<Damage> {
        let Self { first_offset, mut sentences, unsaid } = self;
        if unsaid > 0 {
            sentences.push(format!("{unsaid} more of the kind"));
        }
        Some(Damage { file_offset: first_offset?, message: sentences.join("; ") })
    }
}
