//! Where no signal can reach the guest: the same interface, with nothing behind it.

use super::{Depths, NativeCode, NativeSample, StackBounds};
use crate::clock::RecordingClock;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use wasmscope_symbolize::GoFrames;
use wasmtime::{AsContext, Memory};

/// A sampler that can't be had on this machine.
pub struct SignalSampler(Infallible);

/// Signals that can't be had on this machine.
pub struct Signals(Infallible);

/// There are no signals to be timed.
pub fn signal_nanos(_clock: &RecordingClock) -> Option<f64> {
    None
}

impl SignalSampler {
    /// There is none.
    pub fn new(
        _code: NativeCode,
        _record_stacks: bool,
        _clock: RecordingClock,
        _goroutines: Option<Arc<GoFrames>>,
    ) -> Option<Arc<Self>> {
        None
    }

    pub fn request_stop(&self) {
        match self.0 {}
    }

    pub fn enter_stack(&self, _outer: u32) {
        match self.0 {}
    }

    pub fn stack(&self) -> StackBounds {
        match self.0 {}
    }

    pub fn set_stack(&self, _stack: &StackBounds) {
        match self.0 {}
    }

    pub fn handled(&self) -> (u64, u64) {
        match self.0 {}
    }

    pub fn set_in_host(&self, _in_host: bool) {
        match self.0 {}
    }

    pub fn take_pending_nanos(&self) -> u64 {
        match self.0 {}
    }

    pub fn forget_pending(&self) {
        match self.0 {}
    }

    pub fn skip(&self, _nanos: u64) {
        match self.0 {}
    }

    pub fn keep_clocks<'a>(&self, _memories: impl Iterator<Item = &'a [u8]>, _address: usize) {
        match self.0 {}
    }

    pub fn watch_stack(&self, _events: &[u8], _address: usize, _depths: &Arc<Depths>) {
        match self.0 {}
    }

    pub fn follow_goroutines(&self, _events: &[u8]) {
        match self.0 {}
    }

    pub fn see_memory(&self, _memory: Memory, _store: impl AsContext) {
        match self.0 {}
    }

    pub fn next_sample(&self, _buffer: &mut Vec<u64>) -> Option<NativeSample> {
        match self.0 {}
    }

    pub fn lost_samples(&self) -> u64 {
        match self.0 {}
    }

    pub fn start(self: &Arc<Self>, _rate_hz: u32) -> io::Result<Signals> {
        match self.0 {}
    }
}
