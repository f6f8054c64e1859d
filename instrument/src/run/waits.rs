//! What a guest waits in: `poll_oneoff` and `fd_read`.
//!
//! Our guests are to be stopped while they wait, so each wait ends when the stop flag is raised. Where a guest only
//! sleeps the library behind our WASI would put the whole thread to sleep, and nothing would wake it: that case we do
//! ourselves.
//!
//! Layouts: WASI preview 1, `subscription`, `event`.

use super::guest::{GuestState, Stopped};
use super::stop::StopFlag;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::time::Instant;
use wasmtime::{AsContextMut, Caller, Error, Extern, Linker, Memory, Result};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p1::wasi_snapshot_preview1::{WasiSnapshotPreview1, fd_read, poll_oneoff};
use wiggle::GuestMemory;

const MODULE: &str = "wasi_snapshot_preview1";
const POLL: &str = "poll_oneoff";
const READ: &str = "fd_read";

/// What both of them take.
type Poll = (i32, i32, i32, i32);

const SUBSCRIPTION_BYTES: usize = 48;
/// Where a subscription says what is waited for, and what says that it is a clock.
const TAG: usize = 8;
const TAG_CLOCK: u8 = 0;
const TIMEOUT: usize = 24;
const FLAGS: usize = 40;
const FLAG_ABSOLUTE: u16 = 1;

const EVENT_BYTES: usize = 32;
const ERRNO_SUCCESS: i32 = 0;

/// Timers of the runtime are true to the millisecond only: the rest is slept by the thread.
const TIMER_SLACK: Duration = Duration::from_millis(2);

/// Has what waits go through us.
pub fn shadow_waits(linker: &mut Linker<GuestState>) -> Result<()> {
    linker.allow_shadowing(true);
    linker.func_wrap_async(MODULE, POLL, |caller, args: Poll| Box::new(poll_or_sleep(caller, args)))?;
    linker.func_wrap_async(MODULE, READ, |caller, args: Poll| Box::new(read(caller, args)))?;
    linker.allow_shadowing(false);
    Ok(())
}

async fn poll_or_sleep(mut caller: Caller<'_, GuestState>, args: Poll) -> Result<i32> {
    let (memory, stop) = (memory_of(&mut caller)?, Arc::clone(&caller.data().watch.stop));
    let (subscriptions, events, count, ready) = args;
    let subscription = part::<SUBSCRIPTION_BYTES>(memory.data(&caller), subscriptions);
    let Some(sleep) = subscription.filter(|_| count == 1).and_then(Sleep::read) else {
        let (world, mut bytes) = world_of(&mut caller, memory);
        let poll = poll_oneoff(world, &mut bytes, subscriptions, events, count, ready);
        return unless_stopped(&stop, poll).await?;
    };
    unless_stopped(&stop, sleep_for(Duration::from_nanos(sleep.nanos))).await?;
    let written = sleep.write(memory, &mut caller, events, ready);
    written.map(|()| ERRNO_SUCCESS).ok_or_else(|| Error::msg("poll_oneoff: pointer out of bounds"))
}

/// A read may wait for input.
async fn read(mut caller: Caller<'_, GuestState>, (fd, vectors, count, length): Poll) -> Result<i32> {
    let (memory, stop) = (memory_of(&mut caller)?, Arc::clone(&caller.data().watch.stop));
    let (world, mut bytes) = world_of(&mut caller, memory);
    unless_stopped(&stop, fd_read(world, &mut bytes, fd, vectors, count, length)).await?
}

fn memory_of(caller: &mut Caller<'_, GuestState>) -> Result<Memory> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory);
    memory.ok_or_else(|| Error::msg("missing required memory export"))
}

/// The world, as the library prepares it for a call, and the guest's memory.
fn world_of<'a>(
    caller: &'a mut Caller<'_, GuestState>,
    memory: Memory,
) -> (&'a mut WasiP1Ctx, GuestMemory<'a>) {
    let most_bytes = caller.as_context_mut().hostcall_fuel();
    let (bytes, state) = memory.data_and_store_mut(caller);
    state.world.set_hostcall_fuel(most_bytes);
    (&mut state.world, GuestMemory::Unshared(bytes))
}

/// Ends the wait where it is: the engine then knows the calls that led to it, and exact counts need them.
async fn unless_stopped<T>(stop: &StopFlag, wait: impl Future<Output = T>) -> Result<T> {
    tokio::select! {
        biased;
        result = wait => Ok(result),
        () = stop.raised() => Err(Stopped.into()),
    }
}

async fn sleep_for(duration: Duration) {
    let Some(until) = Instant::now().checked_add(duration) else { return std::future::pending().await };
    if let Some(early) = duration.checked_sub(TIMER_SLACK) {
        tokio::time::sleep(early).await;
    }
    thread::sleep(until.saturating_duration_since(Instant::now()));
}

/// A subscription to a clock, from now on.
#[derive(Debug, PartialEq, Eq)]
struct Sleep {
    userdata: [u8; 8],
    nanos: u64,
}

impl Sleep {
    fn read(bytes: &[u8; SUBSCRIPTION_BYTES]) -> Option<Self> {
        let absolute = u16::from_le_bytes(*bytes[FLAGS..].first_chunk()?) & FLAG_ABSOLUTE != 0;
        let is_sleep = bytes[TAG] == TAG_CLOCK && !absolute;
        let (userdata, nanos) = (*bytes.first_chunk()?, u64::from_le_bytes(*bytes[TIMEOUT..].first_chunk()?));
        is_sleep.then_some(Sleep { userdata, nanos })
    }

    /// One event, of a clock, without an error: all zeroes but for the guest's own word.
    fn write(
        &self,
        memory: Memory,
        caller: &mut Caller<'_, GuestState>,
        event: i32,
        ready: i32,
    ) -> Option<()> {
        let data = memory.data_mut(caller);
        let event = part_mut::<EVENT_BYTES>(data, event)?;
        event.fill(0);
        *event.first_chunk_mut()? = self.userdata;
        *part_mut(data, ready)? = 1u32.to_le_bytes();
        Some(())
    }
}

fn part<const N: usize>(memory: &[u8], address: i32) -> Option<&[u8; N]> {
    memory.get(address.cast_unsigned() as usize..)?.first_chunk()
}

fn part_mut<const N: usize>(memory: &mut [u8], address: i32) -> Option<&mut [u8; N]> {
    memory.get_mut(address.cast_unsigned() as usize..)?.first_chunk_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(tag: u8, flags: u16) -> [u8; SUBSCRIPTION_BYTES] {
        let mut bytes = [0; SUBSCRIPTION_BYTES];
        bytes[0] = 7;
        bytes[TAG] = tag;
        bytes[TIMEOUT..TIMEOUT + 8].copy_from_slice(&5_000u64.to_le_bytes());
        bytes[FLAGS..FLAGS + 2].copy_from_slice(&flags.to_le_bytes());
        bytes
    }

    #[test]
    fn only_a_clock_from_now_on_is_a_sleep() {
        let sleep = Sleep { userdata: [7, 0, 0, 0, 0, 0, 0, 0], nanos: 5_000 };
        assert_eq!(Sleep::read(&subscription(TAG_CLOCK, 0)), Some(sleep));
        assert_eq!(Sleep::read(&subscription(TAG_CLOCK, FLAG_ABSOLUTE)), None);
        assert_eq!(Sleep::read(&subscription(1, 0)), None);
    }
}
