//! Threads that compute views, and the slots in which panels find them.

use crate::profile::Profile;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

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

/// A question to a profile whose answer a panel draws.
pub trait Query: Clone + PartialEq + Send + 'static {
    /// The answer.
    type View: Send + Sync + 'static;

    /// So many answers are kept: enough to go back and forth without computing. Fewer of those that are large.
    const KEPT: usize = 8;

    /// Computes it.
    fn compute(&self, profile: &Profile) -> Self::View;
}

/// What a slot needs to have a view computed.
pub struct Asker<'a> {
    /// The profile that is asked.
    pub profile: &'a Arc<Profile>,
    /// Who computes.
    pub worker: &'a Worker,
    /// Who is told when it is ready.
    pub ctx: &'a egui::Context,
}

/// The last views of one kind. The stale one stays until the one asked for is ready.
pub struct Slot<Q: Query> {
    known: VecDeque<(Q, Arc<Q::View>)>,
    asked: Option<Q>,
    /// Counts the questions; a task that finds a later number has been overtaken and computes nothing.
    generation: Arc<AtomicU64>,
    sender: mpsc::Sender<(Q, Arc<Q::View>)>,
    receiver: mpsc::Receiver<(Q, Arc<Q::View>)>,
}

impl<Q: Query> Default for Slot<Q> {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel();
        Slot { known: VecDeque::new(), asked: None, generation: Arc::default(), sender, receiver }
    }
}

impl<Q: Query> Slot<Q> {
    /// The answer to `query`, or the newest that there is until it is ready; `None` before the first one.
    pub fn view(&mut self, asker: &Asker<'_>, query: Q) -> Option<Arc<Q::View>> {
        self.collect();
        if !self.bring_forward(&query) && self.asked.as_ref() != Some(&query) {
            self.ask(asker, query);
            self.collect();
        }
        self.known.front().map(|(_, view)| Arc::clone(view))
    }

    /// The answer to `query`, once it is ready: an older one would speak of something else.
    pub fn exact(&mut self, asker: &Asker<'_>, query: Q) -> Option<Arc<Q::View>> {
        let view = self.view(asker, query.clone());
        view.filter(|_| self.known.front().is_some_and(|(known, _)| *known == query))
    }

    /// Is a view on its way?
    pub fn is_waiting(&self) -> bool {
        self.asked.is_some()
    }

    fn collect(&mut self) {
        while let Ok((query, view)) = self.receiver.try_recv() {
            if self.asked.as_ref() == Some(&query) {
                self.asked = None;
            }
            self.known.push_front((query, view));
            self.known.truncate(Q::KEPT);
        }
    }

    /// Puts the view of `query` in front. Says whether there is one.
    fn bring_forward(&mut self, query: &Q) -> bool {
        let Some(at) = self.known.iter().position(|(known, _)| known == query) else { return false };
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

    fn ask(&mut self, asker: &Asker<'_>, query: Q) {
        let number = self.generation.fetch_add(1, Ordering::Relaxed) + 1;
        self.asked = Some(query.clone());
        let (generation, sender) = (Arc::clone(&self.generation), self.sender.clone());
        let (profile, ctx) = (Arc::clone(asker.profile), asker.ctx.clone());
        asker.worker.run(move || {
            if generation.load(Ordering::Relaxed) == number {
                let view = Arc::new(query.compute(&profile));
                let _ = sender.send((query, view));
                ctx.request_repaint();
            }
        });
    }
}
