//! Imports whose ABI tells how many bytes cross with a call.

use crate::probes::BytesRule;
use wasmscope_symbolize::{Import, ImportKind, ValType};

/// Which argument is looked at, and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ByteCount {
    pub(crate) rule: BytesRule,
    /// Is it the last argument but one? Otherwise it is the last.
    pub(crate) before_last: bool,
}

const fn last(rule: BytesRule) -> ByteCount {
    ByteCount { rule, before_last: false }
}

use BytesRule::{InByArgument, InByResult, OutByResult};

/// Functions of WASI preview 1 that move bytes; the result of all is an error number, and where it is 0 the count of
/// bytes is stored where an argument points to.
const WASI: &[(&str, ByteCount)] = &[
    ("fd_read", last(InByResult)),
    ("fd_pread", last(InByResult)),
    ("fd_readdir", last(InByResult)),
    ("path_readlink", last(InByResult)),
    ("random_get", last(InByArgument)),
    ("sock_recv", ByteCount { rule: InByResult, before_last: true }),
    ("fd_write", last(OutByResult)),
    ("fd_pwrite", last(OutByResult)),
    ("sock_send", last(OutByResult)),
];

/// The modules that WASI preview 1 is imported from.
const WASI_MODULES: &[&str] = &["wasi_snapshot_preview1", "wasi_unstable"];

/// How to learn the number of bytes that cross with a call of `import`, if the ABI tells.
pub(crate) fn byte_count(import: &Import) -> Option<ByteCount> {
    let ImportKind::Function { ty, .. } = &import.kind else { return None };
    let (_, count) = WASI.iter().find(|(name, _)| *name == &*import.name)?;
    let looked_at = ty.params.iter().rev().take(2).all(|param| *param == ValType::I32);
    let fits = looked_at && ty.params.len() >= 2 && matches!(*ty.results, [ValType::I32]);
    (WASI_MODULES.contains(&&*import.module) && fits).then_some(*count)
}
