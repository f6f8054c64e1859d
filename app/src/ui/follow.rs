//! Shows a recording while it is being made.

use crate::live::Live;
use crate::profile::Profile;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// Between two pictures there is at least so much time.
const SHORTEST_PAUSE: Duration = Duration::from_millis(400);
/// What was recorded is looked at for one part in so many of the time: the program is what is to be seen, not us.
const PAUSE_SHARE: u32 = 20;
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Does `record`, while `show` gets what `live` sees of it on another thread. Gives `live` back if all went well.
pub fn followed<T>(
    live: Live,
    show: impl FnMut(Arc<Profile>) + Send,
    record: impl FnOnce() -> T,
) -> (T, Option<Live>) {
    thread::scope(|scope| {
        let (end, ended) = mpsc::channel();
        let builder = thread::Builder::new().name("live view".to_owned());
        let follower = builder.spawn_scoped(scope, move || follow(live, show, &ended));
        let made = record();
        drop(end);
        // Without the thread, or where it found a fault, the recording is read as any other.
        let live = follower.ok().and_then(|follower| follower.join().ok().flatten());
        (made, live)
    })
}

/// Shows what there is from time to time until `ended` is cut off.
fn follow(mut live: Live, mut show: impl FnMut(Arc<Profile>), ended: &mpsc::Receiver<()>) -> Option<Live> {
    let mut pause = SHORTEST_PAUSE;
    // Names and lines are read with the first picture, and not again.
    let mut knows_symbols = false;
    while ended.recv_timeout(pause) == Err(mpsc::RecvTimeoutError::Timeout) {
        let began = Instant::now();
        // What can't be followed is read in the end, and told then if it is still broken.
        let profile = live.profile().ok()?;
        if knows_symbols {
            pause = (began.elapsed() * PAUSE_SHARE).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        }
        knows_symbols |= profile.is_some();
        profile.into_iter().for_each(|profile| show(Arc::new(profile)));
    }
    Some(live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline;
    use crate::samples;
    use std::fs::File;
    use std::io::Write;
    use wasmscope_instrument::Nobody;

    #[test]
    fn what_is_there_is_shown_before_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let (made, path) = (folder.path().join("made.wscope"), folder.path().join("a.wscope"));
        let sample = samples::all().iter().find(|sample| sample.name == "words").unwrap();
        let module = &sample.modules[0];
        pipeline::record_to(&made, &module.guest(), &module.options(), Arc::new(Nobody)).unwrap();
        let bytes = std::fs::read(&made).unwrap();
        let (sender, shown) = mpsc::channel();
        let record = || {
            let (first, rest) = bytes.split_at(bytes.len() * 9 / 10);
            let mut file = File::create(&path).unwrap();
            file.write_all(first).unwrap();
            let first = shown.recv_timeout(Duration::from_secs(60)).expect("it is shown while it is made");
            file.write_all(rest).unwrap();
            first
        };
        let show = move |profile: Arc<Profile>| drop(sender.send(profile));
        let (first, live) = followed(Live::new(&path, None), show, record);
        let whole = live.and_then(Live::finish).unwrap();
        let samples = |profile: &Profile| profile.recording().samples.len();
        assert!(first.recording().damage.is_none() && samples(&first) <= samples(&whole));
        assert_eq!(whole.recording(), &wasmscope_instrument::recording::read(&bytes).unwrap());
    }
}
