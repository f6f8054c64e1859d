//! Samples by signal: see the module above for why.
//!
//! # How it is safe
//! The handler runs on the guest's own thread. It reads the interrupted registers and, while addresses lie in the
//! guest's machine code and on its stack, the frame-pointer chain that Cranelift always keeps; of a Go program also the
//! stack that Go keeps in the guest's memory, within the bounds that the memory had when the guest was last entered. It
//! allocates nothing, takes no lock, makes no system call, and writes into a preallocated [`Ring`] and a few atomics.
//!
//! # How it stops a guest
//! A guest in an endless loop gives no chance to the engine. The handler therefore moves the program counter to an
//! instruction that traps by design (the `ud2` of a compiled `unreachable`, the *tripwire*); the engine's own
//! handler then finds a trap in guest code, as if the guest had run into it, and unwinds as for any other trap.
#![allow(unsafe_code, reason = "a signal handler can't be written without it")]

use super::ring::Ring;
use super::stack_bounds::mapping_around;
use super::{Depths, Leaf, NativeCode, NativeSample, StackBounds, Ticker, walk_goroutine};
use crate::clock::RecordingClock;
use crate::probes::{Resumed, ResumedWords, resumed_words};
use std::cell::Cell;
use std::io;
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use wasmscope_symbolize::GoFrames;
use wasmtime::{AsContext, Memory};

/// More frames than this are cut off at the outer end.
const MAX_FRAMES: usize = 4_096;

/// Set in the words of a sample that are program counters of Go's. No address in a process has it.
const IS_GOS: u64 = 1 << 63;
/// Set in the word of a sample that is the number of the stack below. No address in a process has it, either.
const IS_OUTER: u64 = 1 << 62;

/// What the handler needs, prepared beforehand. Shared with the collector, which reads the ring.
pub struct SignalSampler {
    code: NativeCode,
    ring: Ring,
    clock: RecordingClock,
    /// The stack that the guest runs on, lowest and highest address.
    stack_low: AtomicU64,
    stack_high: AtomicU64,
    /// The number of the stack on which the guest waits meanwhile, or 0.
    outer: AtomicU32,
    /// When the last sample was taken, since the beginning.
    last_nanos: AtomicU64,
    /// Time that passed outside of guest code and is not credited yet.
    pending_nanos: AtomicU64,
    /// Is the guest inside a host call (as opposed to engine code)?
    in_host: AtomicBool,
    record_stacks: bool,
    stop: AtomicBool,
    /// Words in the guest's probe memories that are to be kept at the time of the last tick.
    clock_words: OnceLock<Box<[AtomicPtr<u64>]>>,
    /// The word that holds the pointer of the shadow stack, and where it goes at each tick.
    depths: OnceLock<(AtomicPtr<u64>, Arc<Depths>)>,
    goroutines: Option<Goroutines>,
    lost: AtomicU64,
    /// How long the handler took in all, and how often it ran.
    handler_nanos: AtomicU64,
    ticks: AtomicU64,
}

impl SignalSampler {
    /// Prepares for a guest with machine code `code`. `record_stacks` is false where the timer only keeps the clock
    /// and watches for the stop flag.
    ///
    /// `goroutines` are the frames of a Go program.
    pub fn new(
        code: NativeCode,
        record_stacks: bool,
        clock: RecordingClock,
        goroutines: Option<Arc<GoFrames>>,
    ) -> Option<Arc<Self>> {
        Some(Arc::new(SignalSampler {
            code,
            ring: Ring::new(),
            stack_low: AtomicU64::new(0),
            stack_high: AtomicU64::new(0),
            outer: AtomicU32::new(0),
            last_nanos: AtomicU64::new(clock.now()),
            clock,
            pending_nanos: AtomicU64::new(0),
            in_host: AtomicBool::new(false),
            record_stacks,
            stop: AtomicBool::new(false),
            clock_words: OnceLock::new(),
            depths: OnceLock::new(),
            goroutines: goroutines.map(Goroutines::new),
            lost: AtomicU64::new(0),
            handler_nanos: AtomicU64::new(0),
            ticks: AtomicU64::new(0),
        }))
    }

    /// Asks that the guest be stopped at the next tick that finds it in its own code.
    pub fn request_stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// The host is about to call the guest on the stack of the calling function, which may be another than before,
    /// while the guest waits on the one with the number `outer`, if that is not 0.
    pub fn enter_stack(&self, outer: u32) {
        self.outer.store(outer, Ordering::Relaxed);
        let local = 0u8;
        let here = &raw const local as u64;
        if (self.stack_low.load(Ordering::Relaxed)..=self.stack_high.load(Ordering::Relaxed)).contains(&here)
        {
            return;
        }
        if let Some(stack) = mapping_around(here) {
            self.stack_low.store(*stack.start(), Ordering::Relaxed);
            self.stack_high.store(*stack.end(), Ordering::Relaxed);
        }
    }

    /// The stack that the guest is on.
    pub fn stack(&self) -> StackBounds {
        let (low, high) = (self.stack_low.load(Ordering::Relaxed), self.stack_high.load(Ordering::Relaxed));
        StackBounds { low, high, outer: self.outer.load(Ordering::Relaxed) }
    }

    /// The guest is on a stack again that it was on before, and that is still alive; or on none, where the bounds stay:
    /// the engine keeps a stack for the next call, and finding out the bounds takes longer than most calls.
    pub fn set_stack(&self, stack: &StackBounds) {
        if stack.high != 0 {
            self.stack_low.store(stack.low, Ordering::Relaxed);
            self.stack_high.store(stack.high, Ordering::Relaxed);
        }
        self.outer.store(stack.outer, Ordering::Relaxed);
    }

    /// How long the handler took so far, in nanoseconds, and how often it ran.
    pub fn handled(&self) -> (u64, u64) {
        (self.handler_nanos.load(Ordering::Relaxed), self.ticks.load(Ordering::Relaxed))
    }

    /// The guest enters (`true`) or leaves a host call.
    pub fn set_in_host(&self, in_host: bool) {
        self.in_host.store(in_host, Ordering::Relaxed);
    }

    /// Takes the time that ticks found outside of guest code since it was last asked, in nanoseconds.
    pub fn take_pending_nanos(&self) -> u64 {
        // A plain load first: this runs at every crossing, and nearly always there is nothing.
        match self.pending_nanos.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.pending_nanos.swap(0, Ordering::Relaxed),
        }
    }

    /// Nothing of what passed outside of guest code so far is credited.
    pub fn forget_pending(&self) {
        self.pending_nanos.store(0, Ordering::Relaxed);
    }

    /// So long before now is credited to nobody. What is left of the time since the last sample goes to the next tick.
    pub fn skip(&self, nanos: u64) {
        let now = self.clock.now();
        let since = now.saturating_sub(self.last_nanos.load(Ordering::Relaxed));
        let left = (since + self.take_pending_nanos()).saturating_sub(nanos);
        self.last_nanos.store(now.saturating_sub(left), Ordering::Relaxed);
    }

    /// From now on the aligned 64-bit word at `address` of each of `memories` is kept at the time of the last tick.
    ///
    /// They must be the probes' memories of the guest that this sampler samples. These never move: their maximum is far
    /// below what the engine reserves for them.
    pub fn keep_clocks<'a>(&self, memories: impl Iterator<Item = &'a [u8]>, address: usize) {
        let word = |memory: &[u8]| Some(memory.get(address..address + 8)?.as_ptr().cast_mut().cast());
        let words = memories.filter_map(word).map(AtomicPtr::new).collect();
        let _ = self.clock_words.set(words);
    }

    /// From now on the aligned 64-bit word at `address` of `events`, the pointer of the shadow stack, goes to `depths`
    /// at each tick.
    ///
    /// `events` must be as in [`SignalSampler::keep_clocks`].
    pub fn watch_stack(&self, events: &[u8], address: usize, depths: &Arc<Depths>) {
        if let Some(word) = events.get(address..address + 8) {
            let word = AtomicPtr::new(word.as_ptr().cast_mut().cast());
            let _ = self.depths.set((word, Arc::clone(depths)));
        }
    }

    /// From now on stacks are those of the goroutines that the probes tell of in `events`.
    ///
    /// `events` must be as in [`SignalSampler::keep_clocks`].
    pub fn follow_goroutines(&self, events: &[u8]) {
        let words = resumed_words(events).map(|words| ptr::from_ref(words).cast_mut());
        if let Some(goroutines) = &self.goroutines {
            goroutines.words.store(words.unwrap_or(ptr::null_mut()), Ordering::Relaxed);
        }
    }

    /// The guest goes on, and its memory is where it is now. It must be told whenever the memory may have grown: no
    /// sample is taken before the guest's own code runs again.
    pub fn see_memory(&self, memory: Memory, store: impl AsContext) {
        if let Some(goroutines) = &self.goroutines {
            goroutines.memory.store(memory.data_ptr(&store), Ordering::Relaxed);
            goroutines.memory_bytes.store(memory.data_size(&store), Ordering::Relaxed);
        }
    }

    /// Takes the oldest sample that was not taken yet.
    pub fn next_sample(&self, buffer: &mut Vec<u64>) -> Option<NativeSample> {
        if !self.ring.pop(buffer) {
            return None;
        }
        let [time_nanos, weight_nanos, leaf, addresses @ ..] = buffer.as_slice() else { return None };
        let leaf = if *leaf == 0 { Leaf::Guest } else { Leaf::Engine };
        let (time_nanos, weight_nanos) = (*time_nanos, *weight_nanos);
        let (others, addresses): (Vec<u64>, _) =
            addresses.iter().partition(|word| **word & (IS_GOS | IS_OUTER) != 0);
        let (gos, outer): (Vec<u64>, Vec<u64>) = others.iter().partition(|word| **word & IS_GOS != 0);
        let goroutine = gos.into_iter().map(|word| word & !IS_GOS).collect();
        let outer = outer.first().map_or(0, |word| (word & !IS_OUTER) as u32);
        Some(NativeSample { time_nanos, weight_nanos, leaf, addresses, goroutine, outer })
    }

    /// How many samples found no room. Their time went to the samples after them.
    pub fn lost_samples(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Starts signalling to the calling thread, `rate_hz` times a second of wall-clock time.
    pub fn start(self: &Arc<Self>, rate_hz: u32) -> io::Result<Signals> {
        install_handler()?;
        // What was before, linking and the like, is no time of the guest's.
        self.last_nanos.store(self.clock.now(), Ordering::Relaxed);
        Signals::start(Arc::clone(self), rate_hz)
    }

    /// One tick, and how long it took. Async-signal-safe.
    fn tick(&self, registers: &mut Registers) {
        let now = self.clock.now();
        self.tick_at(now, registers);
        self.handler_nanos.fetch_add(self.clock.now().saturating_sub(now), Ordering::Relaxed);
        self.ticks.fetch_add(1, Ordering::Relaxed);
    }

    fn tick_at(&self, now: u64, registers: &mut Registers) {
        let elapsed = now.saturating_sub(self.last_nanos.load(Ordering::Relaxed));
        self.last_nanos.store(now, Ordering::Relaxed);
        self.write_clock(now);
        self.read_depth(now);
        let in_guest = self.code.contains(registers.pc) && !self.in_host.load(Ordering::Relaxed);
        if !in_guest {
            self.pending_nanos.fetch_add(elapsed, Ordering::Relaxed);
            if self.stop.load(Ordering::Relaxed) && self.code.is_linked(registers.pc) {
                registers.pc = self.code.tripwire();
            }
            return;
        }
        if self.record_stacks {
            self.record(now, elapsed, registers);
        }
        if self.stop.load(Ordering::Relaxed) && self.code.function_start(registers.pc).is_some() {
            registers.pc = self.code.tripwire();
        }
    }

    fn write_clock(&self, now: u64) {
        for word in self.clock_words.get().into_iter().flatten() {
            // SAFETY: `keep_clocks` checked the bounds; the memory lives longer than the timer, does not move, and is
            // read by this thread alone.
            unsafe { word.load(Ordering::Relaxed).write_volatile(now) };
        }
    }

    fn read_depth(&self, now: u64) {
        if let Some((word, depths)) = self.depths.get() {
            // SAFETY: `watch_stack` checked the bounds; the memory lives longer than the timer, does not move, and is
            // written by this thread alone.
            depths.tick(now, unsafe { word.load(Ordering::Relaxed).read_volatile() });
        }
    }

    fn record(&self, now: u64, elapsed: u64, registers: &Registers) {
        let pending = self.pending_nanos.swap(0, Ordering::Relaxed);
        let engine_kept = pending == 0 || self.push(now, pending, Leaf::Engine, registers);
        let carried = if engine_kept { 0 } else { pending };
        if !self.push(now, elapsed + carried, Leaf::Guest, registers) {
            self.lost.fetch_add(1, Ordering::Relaxed);
            self.last_nanos.store(now.saturating_sub(elapsed + carried), Ordering::Relaxed);
        }
    }

    fn push(&self, now: u64, weight: u64, leaf: Leaf, registers: &Registers) -> bool {
        let mut group = self.ring.begin();
        group.push(now);
        group.push(weight);
        group.push(u64::from(leaf == Leaf::Engine));
        group.push(registers.pc);
        if let Some(caller) = self.unsaved_caller(registers) {
            group.push(caller);
        }
        self.walk(registers.fp, |address| group.push(address));
        if let Some(goroutines) = &self.goroutines {
            goroutines.walk(|pc| group.push(IS_GOS | pc));
        }
        match self.outer.load(Ordering::Relaxed) {
            0 => {}
            outer => group.push(IS_OUTER | u64::from(outer)),
        }
        group.commit()
    }

    /// In the first instructions of a function, and at its `ret`, the frame pointer is still or again the caller's,
    /// and the return address must be looked for elsewhere.
    fn unsaved_caller(&self, registers: &Registers) -> Option<u64> {
        let start = self.code.function_start(registers.pc)?;
        let address = registers.unsaved_return_address(start, |at| self.read_stack(at))?;
        self.code.contains(address).then_some(address)
    }

    /// Follows the chain of frame pointers while it stays in the guest.
    fn walk(&self, mut fp: u64, mut visit: impl FnMut(u64)) {
        for _ in 0..MAX_FRAMES {
            let Some((next, address)) = self.read_stack(fp).zip(self.read_stack(fp.wrapping_add(8))) else {
                return;
            };
            if !self.code.contains(address) {
                return;
            }
            visit(address);
            if next <= fp {
                return;
            }
            fp = next;
        }
    }

    fn read_stack(&self, address: u64) -> Option<u64> {
        let low = self.stack_low.load(Ordering::Relaxed);
        let high = self.stack_high.load(Ordering::Relaxed);
        let inside = address >= low && address < high.saturating_sub(8) && address.is_multiple_of(8);
        // SAFETY: an aligned word between the bounds of the stack that this thread runs on.
        inside.then(|| unsafe { (address as *const u64).read_volatile() })
    }
}

/// The stacks that a Go program keeps in its memory.
struct Goroutines {
    frames: Arc<GoFrames>,
    /// What the probes tell of the one that went on last.
    words: AtomicPtr<ResumedWords>,
    /// The guest's memory, which they are in.
    memory: AtomicPtr<u8>,
    memory_bytes: AtomicUsize,
}

impl Goroutines {
    fn new(frames: Arc<GoFrames>) -> Self {
        Goroutines {
            frames,
            words: AtomicPtr::new(ptr::null_mut()),
            memory: AtomicPtr::new(ptr::null_mut()),
            memory_bytes: AtomicUsize::new(0),
        }
    }

    fn walk(&self, visit: impl FnMut(u64)) {
        let words = self.words.load(Ordering::Relaxed);
        if words.is_null() {
            return;
        }
        // SAFETY: `follow_goroutines` checked the bounds; the memory lives longer than the timer, does not move, and is
        // written to by this thread alone.
        let words = unsafe { words.read_volatile() };
        if let Some(resumed) = Resumed::read(&words) {
            walk_goroutine(&self.frames, resumed, |address| self.read_memory(address), visit);
        }
    }

    fn read_memory(&self, address: u64) -> Option<u64> {
        let address = usize::try_from(address).ok()?;
        let end = address.checked_add(8)?;
        let memory = self.memory.load(Ordering::Relaxed);
        // SAFETY: within the bounds that `see_memory` was told since the guest's memory last grew; the memory lives
        // longer than the timer.
        (end <= self.memory_bytes.load(Ordering::Relaxed))
            .then(|| u64::from_le_bytes(unsafe { memory.add(address).cast::<[u8; 8]>().read_volatile() }))
    }
}

/// The registers that matter, out of and back into the interrupted context.
struct Registers {
    pc: u64,
    fp: u64,
    sp: u64,
    /// Where a call leaves the return address, on machines that have such a register.
    #[cfg(target_arch = "aarch64")]
    link: u64,
}

#[cfg(target_arch = "x86_64")]
impl Registers {
    fn load(context: &libc::ucontext_t) -> Self {
        let word = |register: i32| context.uc_mcontext.gregs[register as usize] as u64;
        Registers { pc: word(libc::REG_RIP), fp: word(libc::REG_RBP), sp: word(libc::REG_RSP) }
    }

    fn store_pc(&self, context: &mut libc::ucontext_t) {
        context.uc_mcontext.gregs[libc::REG_RIP as usize] = self.pc as i64;
    }

    /// A function begins with `push rbp` (1 byte), `mov rbp, rsp` (3 bytes) and ends with `pop rbp`, `ret` (0xC3).
    fn unsaved_return_address(&self, start: u64, read: impl Fn(u64) -> Option<u64>) -> Option<u64> {
        // SAFETY: the program counter points at code that is being run.
        let at_return = unsafe { (self.pc as *const u8).read_volatile() } == 0xC3;
        match self.pc - start {
            0 => read(self.sp),
            1..=3 => read(self.sp + 8),
            _ if at_return => read(self.sp),
            _ => None,
        }
    }
}

#[cfg(target_arch = "aarch64")]
impl Registers {
    fn load(context: &libc::ucontext_t) -> Self {
        let machine = &context.uc_mcontext;
        Registers { pc: machine.pc, fp: machine.regs[29], sp: machine.sp, link: machine.regs[30] }
    }

    fn store_pc(&self, context: &mut libc::ucontext_t) {
        context.uc_mcontext.pc = self.pc;
    }

    /// A function begins with `stp fp, lr, [sp, #-16]!` and `mov fp, sp`, 4 bytes each.
    fn unsaved_return_address(&self, start: u64, _read: impl Fn(u64) -> Option<u64>) -> Option<u64> {
        let _ = self.sp;
        (self.pc - start < 8).then_some(self.link)
    }
}

thread_local! {
    /// What the handler is to tell of its ticks, on the thread of a guest; null on all others.
    static SAMPLER: Cell<*const SignalSampler> = const { Cell::new(ptr::null()) };
}

/// The signals that one guest thread gets. Must be dropped on that thread.
///
/// A thread of ours sends them rather than a timer of the kernel's: the timer's interrupt would come to the processor
/// that the guest is on, which costs it twice as much where that is a virtual one. They carry nothing: anybody might
/// send one.
pub struct Signals {
    _ticker: Ticker,
    _sampler: Arc<SignalSampler>,
}

impl Signals {
    fn start(sampler: Arc<SignalSampler>, rate_hz: u32) -> io::Result<Self> {
        // SAFETY: getpid and gettid have no preconditions.
        let (process, thread) = unsafe { (libc::getpid(), libc::gettid()) };
        // SAFETY: tgkill takes three numbers. A signal that is still pending makes another superfluous: the kernel
        // drops it.
        let send =
            move |signal: libc::c_int| unsafe { libc::syscall(libc::SYS_tgkill, process, thread, signal) };
        // The number 0 asks whether one could.
        if send(0) != 0 {
            return Err(io::Error::last_os_error());
        }
        SAMPLER.set(Arc::as_ptr(&sampler));
        let tick = move || {
            send(libc::SIGPROF);
        };
        let ticker = Ticker::start(rate_hz, tick);
        let ticker = ticker.inspect_err(|_| SAMPLER.set(ptr::null()))?;
        Ok(Signals { _ticker: ticker, _sampler: sampler })
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // A signal that comes from now on finds nobody.
        SAMPLER.set(ptr::null());
    }
}

/// How long a signal takes that finds nothing to do, in nanoseconds, the sending included.
pub fn signal_nanos(clock: &RecordingClock) -> Option<f64> {
    const ROUNDS: usize = 5;
    const SIGNALS: u32 = 40;
    install_handler().ok()?;
    let round = || {
        let began = clock.now();
        for _ in 0..SIGNALS {
            // SAFETY: raise has no preconditions, and the handler finds no sampler on this thread.
            unsafe { libc::raise(libc::SIGPROF) };
        }
        clock.now().saturating_sub(began)
    };
    (0..ROUNDS).map(|_| round()).min().map(|nanos| nanos as f64 / f64::from(SIGNALS))
}

/// Installs the handler, once for the process.
fn install_handler() -> io::Result<()> {
    static INSTALLED: Mutex<bool> = Mutex::new(false);
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*installed {
        set_action()?;
        *installed = true;
    }
    Ok(())
}

fn set_action() -> io::Result<()> {
    // SAFETY: all zeroes is a valid `sigaction`; the handler has the signature that SA_SIGINFO asks for. SA_ONSTACK
    // keeps the handler off a guest's stack that may be nearly used up; SA_RESTART spares host calls an EINTR.
    let result = unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
        libc::sigemptyset(&mut action.sa_mask);
        libc::sigaction(libc::SIGPROF, &action, ptr::null_mut())
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

extern "C" fn on_signal(_signal: libc::c_int, _info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel hands a valid context to a SA_SIGINFO handler. The sampler is that of this thread's `Signals`,
    // which keep it alive until they have taken it away.
    unsafe {
        let Some(sampler) = SAMPLER.get().as_ref() else { return };
        let context = &mut *context.cast::<libc::ucontext_t>();
        let mut registers = Registers::load(context);
        let pc = registers.pc;
        sampler.tick(&mut registers);
        if registers.pc != pc {
            registers.store_pc(context);
        }
    }
}
