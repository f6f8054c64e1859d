//! How a run ended. A guest that fails is a finding, not an error of ours.

use serde::{Deserialize, Serialize};
use std::fmt;
use wasmscope_symbolize::{CodeOffset, FuncIndex};

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The recorder was killed, or the file is cut: nobody knows.
    #[default]
    Unknown,
    /// The program returned from its start, or called `proc_exit`.
    Exited {
        /// The exit code; 0 is success.
        code: i32,
    },
    /// The export that was called returned.
    Returned {
        /// Its results as text, such as `832040`.
        values: Vec<String>,
    },
    /// The guest trapped.
    Trapped {
        /// What happened, in the engine's words.
        message: String,
        /// Where, innermost first.
        frames: Vec<TrapFrame>,
    },
    /// A limit was reached.
    LimitReached {
        /// Which one, as a sentence.
        message: String,
    },
    /// Somebody stopped it.
    Cancelled,
    /// There was no run: the recording holds the module alone.
    NotRun,
}

impl Outcome {
    /// Did the guest do what it was asked to do?
    pub fn is_success(&self) -> bool {
        matches!(self, Outcome::Exited { code: 0 } | Outcome::Returned { .. })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Unknown => f.write_str("unknown: the recording has no end"),
            Outcome::Exited { code } => write!(f, "exited with code {code}"),
            Outcome::Returned { values } if values.is_empty() => f.write_str("returned"),
            Outcome::Returned { values } => write!(f, "returned {}", values.join(", ")),
            Outcome::Trapped { message, .. } => write!(f, "trapped: {message}"),
            Outcome::LimitReached { message } => write!(f, "stopped: {message}"),
            Outcome::Cancelled => f.write_str("cancelled"),
            Outcome::NotRun => f.write_str("not run"),
        }
    }
}

/// A frame of the stack on which a guest trapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrapFrame {
    /// The function.
    pub func: FuncIndex,
    /// The instruction, where known.
    pub offset: Option<CodeOffset>,
}
