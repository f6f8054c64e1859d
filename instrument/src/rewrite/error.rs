//! Why a module could not be rewritten.

use wasmscope_symbolize::{CodeOffset, FileOffset};

/// Why there is no rewritten module. It can still be run with sampling alone, which needs no rewriting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError {
    /// A function body has an instruction that we don't know.
    #[error("at {at}: {message}; the module can still be measured by sampling alone")]
    Body {
        /// Where.
        at: CodeOffset,
        /// What is wrong, or which proposal would be needed.
        message: String,
    },
    /// Another section can't be read.
    #[error("at offset {at}: {message}; the module can still be measured by sampling alone")]
    Section {
        /// Where in the file.
        at: FileOffset,
        /// What is wrong, or which proposal would be needed.
        message: String,
    },
    /// What we add would go past a limit that all engines share.
    #[error(
        "with probes the module would have {count} {what}, more than the {limit} that engines allow; it can still be measured by sampling alone"
    )]
    Limit {
        /// Of what there would be too many.
        what: &'static str,
        /// How many there would be.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The module has our exports already.
    #[error("the module already exports `{export}`: it was instrumented before; open the original")]
    AlreadyInstrumented {
        /// The export.
        export: String,
    },
}
