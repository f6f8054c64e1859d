//! `poll_oneoff` for a guest that only sleeps.
//!
//! The library behind our WASI puts the whole thread to sleep then, and nothing wakes it. Our guests are to be stopped
//! while they sleep, so we take that case over. Everything else that one can wait for, the library does.
//!
//! Layouts: WASI preview 1, `subscription`, `event`.

use super::guest::GuestState;
use std::thread;
use std::time::Duration;
use tokio::time::Instant;
use wasmtime::{Caller, Error, Extern, Func, Linker, Memory, Result, Store, Val};

const MODULE: &str = "wasi_snapshot_preview1";
const POLL: &str = "poll_oneoff";

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

/// Has the guest's sleep go through us.
pub fn shadow_poll(linker: &mut Linker<GuestState>, store: &mut Store<GuestState>) -> Result<()> {
    let poll = linker.get(&mut *store, MODULE, POLL)?.into_func();
    let poll = poll.ok_or_else(|| Error::msg("WASI has no `poll_oneoff`"))?;
    linker.allow_shadowing(true);
    linker.func_wrap_async(MODULE, POLL, move |caller, args: (i32, i32, i32, i32)| {
        Box::new(poll_or_sleep(caller, poll, args))
    })?;
    linker.allow_shadowing(false);
    Ok(())
}

async fn poll_or_sleep(
    mut caller: Caller<'_, GuestState>,
    poll: Func,
    (subscriptions, events, count, ready): (i32, i32, i32, i32),
) -> Result<i32> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory);
    let sleep = memory.filter(|_| count == 1).and_then(|memory| {
        let bytes = part::<SUBSCRIPTION_BYTES>(memory.data(&caller), subscriptions)?;
        Some((memory, Sleep::read(bytes)?))
    });
    let Some((memory, sleep)) = sleep else {
        return delegate(caller, poll, [subscriptions, events, count, ready]).await;
    };
    sleep_for(Duration::from_nanos(sleep.nanos)).await;
    let written = sleep.write(memory, &mut caller, events, ready);
    written.map(|()| ERRNO_SUCCESS).ok_or_else(|| Error::msg("poll_oneoff: pointer out of bounds"))
}

async fn delegate(mut caller: Caller<'_, GuestState>, poll: Func, args: [i32; 4]) -> Result<i32> {
    let mut results = [Val::I32(0)];
    poll.call_async(&mut caller, &args.map(Val::I32), &mut results).await?;
    results[0].i32().ok_or_else(|| Error::msg("poll_oneoff gave no number"))
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
