//! Threads that compute views, and the slots in which panels find them.

use crate::profile::Profile;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak, mpsc};
use std::time::{Duration, Instant};

type Task = Box<dyn FnOnce() + Send>;

/// Where views are computed.
#[derive(Clone)]
pub enum Worker {
    /// On threads of their own.
    Threads(mpsc::Sender<Task>),
    /// At once, where they are asked for: tests see every view in the frame that wants it.
    Inline,
}

impl Worker {
    /// Starts `count` threads. They end when the last clone of the worker is dropped.
    pub fn threads(count: usize) -> Worker {
        let (sender, receiver) = mpsc::channel::<Task>();
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 1..=count {
            let receiver = Arc::clone(&receiver);
            let builder = std::thread::Builder::new().name(format!("views {number}"));
            if builder.spawn(move || work(&receiver)).is_err() {
                return Worker::Inline;
            }
        }
        Worker::Threads(sender)
    }

    /// Does `task` soon.
    pub fn run(&self, task: impl FnOnce() + Send + 'static) {
        match self {
            Worker::Inline => task(),
            Worker::Threads(sender) => {
                if let Err(mpsc::SendError(task)) = sender.send(Box::new(task)) {
                    task();
                }
            }
        }
    }
}

fn work(tasks: &Mutex<mpsc::Receiver<Task>>) {
    loop {
        let task = tasks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(task) = task else { return };
        // A view that panics must not take the thread, and with it every later view, along.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(task));
    }
}

/// A question to a profile, or to another subject, whose answer a panel draws.
pub trait Query<S = Profile>: Clone + PartialEq + Send + 'static {
    /// The answer.
    type View: Send + Sync + 'static;

    /// So many answers are kept: enough to go back and forth without computing. Fewer of those that are large.
    const KEPT: usize = 8;

    /// Computes it.
    fn compute(&self, subject: &S) -> Self::View;

    /// Is an answer to this one true enough of what `other` asks for to be shown until that is ready?
    fn is_like(&self, other: &Self) -> bool {
        self == other
    }
}

/// What a slot needs to have a view computed.
pub struct Asker<'a, S = Profile> {
    /// What is asked.
    pub subject: &'a Arc<S>,
    /// Who computes.
    pub worker: &'a Worker,
    /// Who is told when it is ready.
    pub ctx: &'a egui::Context,
    /// Is the recording still being made?
    pub is_growing: bool,
}

/// While a recording is being made its views rest so many times as long as they took: the program that runs has the rest
/// of the time.
const REST_SHARE: u32 = 4;

/// The last views of one kind. The stale one stays until the one asked for is ready.
pub struct Slot<Q: Query<S>, S = Profile> {
    known: VecDeque<Answer<Q, S>>,
    asked: Option<Question<Q, S>>,
    /// Counts the questions; a task that finds a later number has been overtaken and computes nothing.
    generation: Arc<AtomicU64>,
    /// Is one being computed? Until it is done no other begins, so that a slot never holds more than one thread.
    is_computing: Arc<AtomicBool>,
    sender: mpsc::Sender<Answer<Q, S>>,
    receiver: mpsc::Receiver<Answer<Q, S>>,
}

/// What is asked, and of what: a recording that goes on has many profiles, one after the other.
struct Question<Q, S> {
    query: Q,
    of: Weak<S>,
}

impl<Q: PartialEq, S> Question<Q, S> {
    fn is(&self, query: &Q, subject: &Arc<S>) -> bool {
        self.is_of(subject) && self.query == *query
    }

    fn is_of(&self, subject: &Arc<S>) -> bool {
        Weak::as_ptr(&self.of) == Arc::as_ptr(subject)
    }
}

struct Answer<Q: Query<S>, S> {
    question: Question<Q, S>,
    view: Arc<Q::View>,
    /// When it is time for one of what the recording is by then, if it goes on.
    rests_until: Instant,
}

impl<Q: Query<S>, S> Default for Slot<Q, S> {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel();
        Slot {
            known: VecDeque::new(),
            asked: None,
            generation: Arc::default(),
            is_computing: Arc::default(),
            sender,
            receiver,
        }
    }
}

/// What waits to be computed for nobody isn't.
impl<Q: Query<S>, S> Drop for Slot<Q, S> {
    fn drop(&mut self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }
}

/// While it lives a slot's view is being computed; its end is seen on the screen, where the slot may ask again.
struct Computing {
    flag: Arc<AtomicBool>,
    ctx: egui::Context,
}

impl Computing {
    fn new(flag: Arc<AtomicBool>, ctx: egui::Context) -> Computing {
        flag.store(true, Ordering::Relaxed);
        Computing { flag, ctx }
    }
}

impl Drop for Computing {
    fn drop(&mut self) {
        self.flag.store(false, Ordering::Relaxed);
        self.ctx.request_repaint();
    }
}

impl<Q: Query<S>, S: Send + Sync + 'static> Slot<Q, S> {
    /// The answer to `query`, or the newest that there is until it is ready; `None` before the first one.
    pub fn view(&mut self, asker: &Asker<'_, S>, query: Q) -> Option<Arc<Q::View>> {
        self.collect(asker);
        let is_asked = self.asked.as_ref().is_some_and(|asked| asked.is(&query, asker.subject));
        if !self.bring_forward(asker, &query)
            && !is_asked
            && !self.is_computing.load(Ordering::Relaxed)
            && !self.rests(asker, &query)
        {
            self.ask(asker, query);
            self.collect(asker);
        }
        self.known.front().map(|answer| Arc::clone(&answer.view))
    }

    /// As [`Self::view`], and before the first answer that to `first`, which takes less time.
    pub fn view_after(&mut self, asker: &Asker<'_, S>, first: Q, query: Q) -> Option<Arc<Q::View>> {
        self.collect(asker);
        if self.known.is_empty() {
            self.view(asker, first)?;
        }
        self.view(asker, query)
    }

    /// The answer to `query`, once it is ready: one to another would speak of something else. Of a recording that goes
    /// on it may be a little old.
    pub fn exact(&mut self, asker: &Asker<'_, S>, query: Q) -> Option<Arc<Q::View>> {
        let view = self.view(asker, query.clone());
        view.filter(|_| self.known.front().is_some_and(|answer| answer.question.query.is_like(&query)))
    }

    /// Is it too early to ask the same of what the recording is now?
    fn rests(&self, asker: &Asker<'_, S>, query: &Q) -> bool {
        let last = self.known.front().filter(|last| asker.is_growing && last.question.query.is_like(query));
        let rest =
            last.map_or(Duration::ZERO, |last| last.rests_until.saturating_duration_since(Instant::now()));
        if !rest.is_zero() {
            asker.ctx.request_repaint_after(rest);
        }
        !rest.is_zero()
    }

    /// Is a view on its way?
    pub fn is_waiting(&self) -> bool {
        self.asked.is_some()
    }

    /// Of what a recording was before only the newest answer is kept, until there is one of what it is now.
    fn collect(&mut self, asker: &Asker<'_, S>) {
        while let Ok(answer) = self.receiver.try_recv() {
            let Question { query, of } = &answer.question;
            if self.asked.as_ref().is_some_and(|asked| asked.query == *query && asked.of.ptr_eq(of)) {
                self.asked = None;
            }
            self.known.push_front(answer);
            self.known.truncate(Q::KEPT);
        }
        let mut first = true;
        self.known.retain(|answer| std::mem::take(&mut first) || answer.question.is_of(asker.subject));
    }

    /// Puts the view of `query` in front. Says whether there is one.
    fn bring_forward(&mut self, asker: &Asker<'_, S>, query: &Q) -> bool {
        let is_it = |answer: &Answer<Q, S>| answer.question.is(query, asker.subject);
        let Some(at) = self.known.iter().position(is_it) else { return false };
        if at > 0
            && let Some(found) = self.known.remove(at)
        {
            self.known.push_front(found);
        }
        if self.asked.take().is_some() {
            self.generation.fetch_add(1, Ordering::Relaxed);
        }
        true
    }

    fn ask(&mut self, asker: &Asker<'_, S>, query: Q) {
        let number = self.generation.fetch_add(1, Ordering::Relaxed) + 1;
        let of = Arc::downgrade(asker.subject);
        self.asked = Some(Question { query: query.clone(), of: Weak::clone(&of) });
        let question = Question { query, of };
        let (generation, sender) = (Arc::clone(&self.generation), self.sender.clone());
        let (is_computing, ctx) = (Arc::clone(&self.is_computing), asker.ctx.clone());
        asker.worker.run(move || {
            // What was closed meanwhile is gone: the question does not keep it.
            let subject = question.of.upgrade().filter(|_| generation.load(Ordering::Relaxed) == number);
            if let Some(subject) = subject {
                let _computing = Computing::new(is_computing, ctx);
                let began = Instant::now();
                let view = Arc::new(question.query.compute(&subject));
                let rests_until = Instant::now() + began.elapsed() * REST_SHARE;
                let _ = sender.send(Answer { question, view, rests_until });
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::ProfileBuilder;

    #[derive(Clone, PartialEq)]
    struct Number(u32);

    impl Query for Number {
        type View = u32;

        fn compute(&self, _: &Profile) -> u32 {
            self.0
        }
    }

    /// A worker whose tasks wait until somebody does them.
    fn patient() -> (Worker, mpsc::Receiver<Task>) {
        let (sender, tasks) = mpsc::channel();
        (Worker::Threads(sender), tasks)
    }

    #[test]
    fn what_is_quick_comes_first_and_stays_until_the_rest_is_there() {
        let ((worker, tasks), ctx) = (patient(), egui::Context::default());
        let profile = Arc::new(ProfileBuilder::new().build());
        let asker = Asker { subject: &profile, worker: &worker, ctx: &ctx, is_growing: false };
        let mut slot = Slot::<Number>::default();
        let mut seen = || slot.view_after(&asker, Number(1), Number(2)).map(|view| *view);
        let work = || tasks.try_recv().into_iter().for_each(|task| task());
        assert_eq!(seen(), None);
        work();
        assert_eq!(seen(), Some(1));
        work();
        assert_eq!(seen(), Some(2));
        assert!(tasks.try_recv().is_err(), "nothing more is asked");
    }

    #[test]
    fn a_slot_computes_one_view_at_a_time_and_none_for_nobody() {
        let ((worker, tasks), ctx) = (patient(), egui::Context::default());
        let profile = Arc::new(ProfileBuilder::new().build());
        let asker = Asker { subject: &profile, worker: &worker, ctx: &ctx, is_growing: false };
        let mut slot = Slot::<Number>::default();
        let computing = Computing::new(Arc::clone(&slot.is_computing), ctx.clone());
        assert_eq!(slot.view(&asker, Number(1)), None);
        assert!(tasks.try_recv().is_err(), "another one is under way");
        drop(computing);
        let _ = slot.view(&asker, Number(1));
        let task = tasks.try_recv().unwrap();
        let _ = slot.view(&asker, Number(2));
        task();
        assert_eq!(slot.view(&asker, Number(2)), None, "the first was overtaken before it began");
        tasks.try_recv().unwrap()();
        assert_eq!(slot.view(&asker, Number(2)).map(|view| *view), Some(2));
        let _ = slot.view(&asker, Number(3));
        let (receiver, task) = (slot.is_computing.clone(), tasks.try_recv().unwrap());
        drop(slot);
        task();
        assert!(!receiver.load(Ordering::Relaxed));
    }

    #[test]
    fn views_of_what_goes_on_rest_between_two_pictures() {
        let ((worker, tasks), ctx) = (patient(), egui::Context::default());
        let profiles = [(); 2].map(|()| Arc::new(ProfileBuilder::new().build()));
        let mut slot = Slot::<Slow>::default();
        let mut ask = |profile: &Arc<Profile>, is_growing| {
            let asker = Asker { subject: profile, worker: &worker, ctx: &ctx, is_growing };
            let _ = slot.view(&asker, Slow);
            tasks.try_recv().map(|task| task()).is_ok()
        };
        assert!(ask(&profiles[0], true));
        assert!(!ask(&profiles[1], true), "it rests");
        assert!(ask(&profiles[1], false), "the end is shown at once");
    }

    #[derive(Clone, PartialEq)]
    struct Slow;

    impl Query for Slow {
        type View = ();

        fn compute(&self, _: &Profile) {
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}
