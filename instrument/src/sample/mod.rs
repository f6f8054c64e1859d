//! Finds out where a running guest is, many times a second.
//!
//! A thread of ours ticks ([`ticker`]). On Linux each tick is a signal that interrupts the guest's thread ([`signal`]);
//! the guest pays nothing between samples, and the program counter is true to the instruction. Elsewhere a tick
//! advances the engine's epoch, which the guest looks at in function entries and loop heads. Both can also stop a guest
//! that would never stop by itself.

mod code_map;
mod depths;
mod goroutine;
mod machine;
mod ring;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod signal;
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[path = "signal_none.rs"]
mod signal;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod stack_bounds;
mod stacks;
mod ticker;
mod tripwire;

pub use code_map::{CodeMap, NativeCode};
pub use depths::Depths;
pub use goroutine::walk_goroutine;
pub use machine::{CompiledFunction, CompiledPlace, MachineCode};
pub use signal::{SignalSampler, Signals, signal_nanos};
pub use stacks::StackBuilder;
pub use ticker::Ticker;
pub use tripwire::Tripwire;

use wasmscope_symbolize::FuncIndex;

/// Can a signal reach a guest on this kind of machine?
pub const SIGNALS_REACH_GUESTS: bool =
    cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")));

/// A stack that a guest runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StackBounds {
    /// The lowest address.
    pub low: u64,
    /// The highest.
    pub high: u64,
    /// The number of the stack below, on which the guest waits for the host, which called it again; 0 for none.
    pub outer: u32,
}

/// What the sampler found at the top of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// Guest code.
    Guest,
    /// The host, in a function that the guest imports.
    Import(FuncIndex),
    /// The host, in the function that the guest's innermost frame calls.
    Host,
    /// The engine on behalf of the guest: `memory.grow`, a bulk copy, instantiation.
    Engine,
}

/// A sample as the signal handler took it: machine addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeSample {
    /// Nanoseconds since the recording began.
    pub time_nanos: u64,
    /// Wall-clock time since the sample before.
    pub weight_nanos: u64,
    /// What was at the top.
    pub leaf: Leaf,
    /// Addresses in the guest's machine code, innermost first: where it was, then return addresses.
    pub addresses: Vec<u64>,
    /// Where the goroutine that went on last did so, and where its callers will; empty where the module is not Go's.
    pub goroutine: Vec<u64>,
    /// The number of the stack below, as in [`StackBounds`].
    pub outer: u32,
}
