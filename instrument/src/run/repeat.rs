//! Calls that are made again and again.

use super::Repeat;
use super::guest::{GuestState, Stopped};
use super::live_probes::ship;
use wasmtime::{AsContextMut, Result, Store};

/// Makes a call as often as `repeat` says, at least once, and gives the results of the last one. `call` also gives how
/// long it took, in nanoseconds.
pub async fn repeated<T>(
    store: &mut Store<GuestState>,
    repeat: Repeat,
    mut call: impl AsyncFnMut(&mut Store<GuestState>) -> Result<(T, u64)>,
) -> Result<T> {
    let (began, mut done) = (store.data().watch.clock.now(), 0);
    store.data_mut().watch.is_calling = true;
    loop {
        let (results, nanos) = call(store).await?;
        done += 1;
        let watch = &mut store.data_mut().watch;
        watch.calls.add(nanos);
        let now = watch.clock.now();
        if !repeat.goes_on(done, now.saturating_sub(began)) {
            return Ok(results);
        }
        // Short calls may leave neither ticks nor crossings an occasion for either.
        if watch.stop.get().is_some() {
            return Err(Stopped.into());
        }
        if watch.is_shipment_due(now) {
            ship(store.as_context_mut());
        }
    }
}
